import { useState } from 'preact/hooks'
import { MANAGEMENT_MODULES } from '../../rules/scope.ts'
import type { Kind } from './address.ts'
import type { Command } from './api.ts'
import { act, actor, credentials, nameOf, now, type StackEntry } from './model.ts'
import { Checks, Copy, Curl, Dialog, Refused, Segments, Select, Switch, useAction } from './parts.tsx'
import { pathOf } from './token.tsx'
import { TryIt } from './try-token.tsx'
import { ROLE_NAMES } from './words.ts'

interface Created {
  token: { name: string; token?: string; preview_token?: string | null }
}

/** The entries of a scope that name branches and aliases. */
function branchEntries(names: string[], { branch_aliases: aliases = [] }: StackEntry) {
  const isAlias = (name: string) => aliases.some(({ alias }) => alias === name)
  const acl = { read: true }
  const branches = names.filter((name) => !isAlias(name))
  const chosenAliases = names.filter(isAlias)
  return [
    ...(branches.length > 0 ? [{ module: 'branch', branches, acl }] : []),
    ...(chosenAliases.length > 0 ? [{ module: 'branch_alias', branch_aliases: chosenAliases, acl }] : []),
  ]
}

const branchNames = ({ branches = [], branch_aliases: aliases = [] }: StackEntry) => [
  ...branches.map(({ uid }) => uid),
  ...aliases.map(({ alias }) => alias),
]

const LIVES = [
  { value: '', label: 'Never' },
  { value: '1', label: 'In 1 day' },
  { value: '8', label: 'In 8 days' },
  { value: '30', label: 'In 30 days' },
  { value: '365', label: 'In a year' },
]

interface Rights {
  read: boolean
  write: boolean
}

const ALL = '$all'
const MODULES = MANAGEMENT_MODULES.filter((module) => module !== ALL)

const ACCESSES = [
  { value: 'read', label: 'Read all' },
  { value: 'write', label: 'Full access' },
  { value: 'some', label: 'Choose' },
] as const
type Access = (typeof ACCESSES)[number]['value']

export function CreateToken(props: { kind: Kind; entry: StackEntry; onClose: () => void }) {
  const { kind, entry, onClose } = props
  const environments = (entry.environments ?? []).map(({ name }) => name)
  const [name, setName] = useState('')
  const [chosenEnvironments, setEnvironments] = useState(environments.slice(0, 1))
  const [branches, setBranches] = useState(branchNames(entry).slice(0, 1))
  const [withPreview, setPreview] = useState(false)
  const [access, setAccess] = useState<Access>('read')
  const [rights, setRights] = useState<Record<string, Rights>>({ entry: { read: true, write: false } })
  const [life, setLife] = useState('30')
  const [notifies, setNotifies] = useState(true)
  const [created, setCreated] = useState<Created>()
  const { error, start } = useAction()

  const scope =
    kind === 'delivery'
      ? [{ module: 'environment', environments: chosenEnvironments, acl: { read: true } }]
      : Object.entries(access === 'some' ? rights : { [ALL]: { read: true, write: access === 'write' } })
          .filter(([, { read, write }]) => read || write)
          .map(([module, acl]) => ({ module, acl }))
  const expiry = new Date(Math.floor(now.value / 60_000) * 60_000 + Number(life) * 86_400_000)
  const command: Command = {
    method: 'POST',
    path: `${pathOf(kind)}${kind === 'delivery' && withPreview ? '?create_with_preview_token=true' : ''}`,
    headers: credentials.value,
    body: {
      token: {
        name,
        scope: [...scope, ...branchEntries(branches, entry)],
        ...(kind === 'management' && {
          expires_on: life === '' ? null : expiry.toISOString(),
          is_email_notification_enabled: notifies,
        }),
      },
    },
  }
  const save = () => start(async () => setCreated(await act<Created>(command)))
  const role = actor.value?.role
  const branchChecks = (
    <Checks
      label="Branches and aliases"
      choices={branchNames(entry)}
      chosen={branches}
      onChange={setBranches}
    />
  )

  if (created) return <Result kind={kind} created={created} onClose={onClose} />
  return (
    <Dialog title={`Create a ${kind} token`} onClose={onClose}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        <p class="muted">
          As {nameOf(actor.value?.user.uid)} ({role ? ROLE_NAMES[role] : 'not in the stack'}) in {entry.name}.
        </p>
        <label class="field">
          <span>Name</span>
          <input
            type="text"
            autocomplete="off"
            autofocus
            required
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
        {kind === 'delivery' ? (
          <>
            <Checks
              label="Environments"
              choices={environments}
              chosen={chosenEnvironments}
              onChange={setEnvironments}
            />
            {branchChecks}
            <Switch label="Create a preview token as well" isOn={withPreview} onChange={setPreview} />
          </>
        ) : (
          <>
            <div class="permissions">
              <span aria-hidden="true">Permissions</span>
              <Segments label="Permissions" value={access} choices={[...ACCESSES]} onChange={setAccess} />
              {access === 'some' && <Permissions rights={rights} onChange={setRights} />}
            </div>
            <Select label="Expires" value={life} choices={LIVES} onChange={setLife} />
            <details class="rest">
              <summary>
                Branches and e-mail
                <span class="muted">{`${branches.join(', ') || 'no branch'}, ${notifies ? 'with e-mail' : 'no e-mail'}`}</span>
              </summary>
              {branchChecks}
              <Switch
                label="E-mail seven days before it expires"
                hint="The e-mail arrives in the outbox below the timeline."
                isOn={notifies}
                onChange={setNotifies}
              />
            </details>
          </>
        )}
        <Curl command={command} />
        <footer>
          {error !== undefined && <Refused error={error} />}
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button primary">
            Create token
          </button>
        </footer>
      </form>
    </Dialog>
  )
}

function Permissions(props: {
  rights: Record<string, Rights>
  onChange: (rights: Record<string, Rights>) => void
}) {
  const { rights, onChange } = props
  const box = (module: string, right: keyof Rights) => (
    <label>
      <input
        type="checkbox"
        aria-label={`${module}: ${right}`}
        checked={rights[module]?.[right] ?? false}
        onChange={(event) =>
          onChange({
            ...rights,
            [module]: { read: false, write: false, ...rights[module], [right]: event.currentTarget.checked },
          })
        }
      />
      {right}
    </label>
  )
  return (
    <ul class="modules">
      {MODULES.map((module) => (
        <li key={module}>
          <span>{module}</span>
          {box(module, 'read')}
          {box(module, 'write')}
        </li>
      ))}
    </ul>
  )
}

/** The value is shown once, as Contentstack does with management tokens. */
function Result({ kind, created, onClose }: { kind: Kind; created: Created; onClose: () => void }) {
  const { name, token = '', preview_token: previewToken } = created.token
  return (
    <Dialog title="The token is ready" onClose={onClose}>
      <p>
        {kind === 'management'
          ? `This is the only time that the API shows the value of “${name}”.`
          : `This is the value of “${name}”.`}
      </p>
      <p class="fresh">
        <code>{token}</code>
        <Copy text={token} what="the token">
          Copy
        </Copy>
      </p>
      {previewToken && (
        <>
          <p>Its preview token:</p>
          <p class="fresh">
            <code>{previewToken}</code>
            <Copy text={previewToken} what="the preview token">
              Copy
            </Copy>
          </p>
        </>
      )}
      <footer>
        <TryIt value={token} />
        <button type="button" class="button primary" onClick={onClose}>
          Done
        </button>
      </footer>
    </Dialog>
  )
}
