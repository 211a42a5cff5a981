import { useState } from 'preact/hooks'
import { MANAGEMENT_MODULES } from '../../rules/scope.ts'
import type { Kind } from './address.ts'
import type { Command } from './api.ts'
import { act, actor, credentials, nameOf, now, type StackEntry, stack } from './model.ts'
import { Checks, Copy, Curl, Dialog, Refused, Select, Switch, useAction } from './parts.tsx'
import { pathOf } from './token.tsx'
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

export function CreateToken({ kind, onClose }: { kind: Kind; onClose: () => void }) {
  const entry = stack.value as StackEntry
  const environments = (entry.environments ?? []).map(({ name }) => name)
  const [name, setName] = useState('')
  const [chosenEnvironments, setEnvironments] = useState(environments.slice(0, 1))
  const [branches, setBranches] = useState(branchNames(entry).slice(0, 1))
  const [withPreview, setPreview] = useState(false)
  const [rights, setRights] = useState<Record<string, Rights>>({ entry: { read: true, write: false } })
  const [life, setLife] = useState('30')
  const [notifies, setNotifies] = useState(true)
  const [created, setCreated] = useState<Created>()
  const { error, start } = useAction()

  const scope =
    kind === 'delivery'
      ? [{ module: 'environment', environments: chosenEnvironments, acl: { read: true } }]
      : Object.entries(rights)
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
          <Checks
            label="Environments"
            choices={environments}
            chosen={chosenEnvironments}
            onChange={setEnvironments}
          />
        ) : (
          <Permissions rights={rights} onChange={setRights} />
        )}
        <Checks
          label="Branches and aliases"
          choices={branchNames(entry)}
          chosen={branches}
          onChange={setBranches}
        />
        {kind === 'delivery' ? (
          <Switch label="Create a preview token as well" isOn={withPreview} onChange={setPreview} />
        ) : (
          <>
            <Select label="Expires" value={life} choices={LIVES} onChange={setLife} />
            <Switch
              label="E-mail seven days before it expires"
              hint="The e-mail arrives in the outbox below the time line."
              isOn={notifies}
              onChange={setNotifies}
            />
          </>
        )}
        {error !== undefined && <Refused error={error} />}
        <Curl command={command} />
        <footer>
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
  )
  return (
    <fieldset class="permissions">
      <legend>Permissions</legend>
      <table>
        <thead>
          <tr>
            <th scope="col">Module</th>
            <th scope="col">Read</th>
            <th scope="col">Write</th>
          </tr>
        </thead>
        <tbody>
          {MANAGEMENT_MODULES.map((module) => (
            <tr key={module}>
              <th scope="row">{module === '$all' ? 'everything ($all)' : module}</th>
              <td>{box(module, 'read')}</td>
              <td>{box(module, 'write')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </fieldset>
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
        <button type="button" class="button primary" onClick={onClose}>
          Done
        </button>
      </footer>
    </Dialog>
  )
}
