import { useState } from 'preact/hooks'
import type { Kind } from './address.ts'
import type { Command } from './api.ts'
import { act, credentials, nameOf, now, stack } from './model.ts'
import { announce, Chips, Curl, Dialog, Refused, Secret, Switch, useAction, Value } from './parts.tsx'
import { Expiry, lastUse, pathOf, type Token } from './token.tsx'
import { TryIt } from './try-token.tsx'
import { branchesOf, dateTimeOf, environmentsOf, inWords, permissionsOf } from './words.ts'

interface Props {
  token: Token
  kind: Kind
  onClose: () => void
}

/** Everything about a token, and what can be done with it. */
export function TokenSheet({ token, kind, onClose }: Props) {
  const path = `${pathOf(kind)}/${token.uid}`
  const headers = credentials.value
  const previewAction: Command = {
    method: token.preview_token ? 'DELETE' : 'POST',
    path: `${path}/preview_token`,
    headers,
  }
  const preview = useAction()
  const value = token.token ?? stack.value?.management_tokens?.find(({ uid }) => uid === token.uid)?.token
  return (
    <Dialog title={token.name} isSheet onClose={onClose}>
      {token.description && <p>{token.description}</p>}
      <dl class="facts">
        <dt>Kind</dt>
        <dd>{kind} token</dd>
        <dt>Uid</dt>
        <dd>
          <Value text={token.uid} what="the uid" />
        </dd>
        <dt>Value</dt>
        <dd class="row">
          {token.token ? (
            <Secret text={token.token} what="the token" />
          ) : (
            <span class="muted">the API shows it only once</span>
          )}
          {value && <TryIt value={value} />}
        </dd>
        {kind === 'delivery' ? (
          <>
            <dt>Preview token</dt>
            <dd>
              {token.preview_token ? (
                <Secret text={token.preview_token} what="the preview token" />
              ) : (
                <span class="muted">none</span>
              )}
            </dd>
            <dt>Environments</dt>
            <dd>
              <Chips names={environmentsOf(token.scope)} most={50} />
            </dd>
          </>
        ) : (
          <>
            <dt>Permissions</dt>
            <dd>
              <Chips
                names={permissionsOf(token.scope).map(({ module, rights }) => `${module}: ${rights}`)}
                most={50}
              />
            </dd>
            <dt>Expires</dt>
            <dd>
              <Expiry expiresOn={token.expires_on} />
              {token.expires_on && <small>{token.expires_on}</small>}
            </dd>
            <dt>E-mail</dt>
            <dd>{token.is_email_notification_enabled ? 'seven days before it expires' : 'off'}</dd>
          </>
        )}
        <dt>Branches</dt>
        <dd>
          <Chips names={branchesOf(token.scope)} most={50} />
        </dd>
        <dt>Created</dt>
        <dd>
          {inWords(Date.parse(token.created_at), now.value)} by {nameOf(token.created_by)}
          <small>{dateTimeOf(token.created_at)}</small>
        </dd>
        <dt>Last used</dt>
        <dd>{lastUse(token.uid)}</dd>
      </dl>
      <Curl command={{ method: 'GET', path, headers }} label="Read it with curl" />
      {kind === 'delivery' && (
        <section class="action">
          <h3>Preview token</h3>
          {preview.error !== undefined && <Refused error={preview.error} />}
          <button
            type="button"
            class="button"
            onClick={() =>
              void preview.start(async () => {
                const { notice } = await act<{ notice: string }>(previewAction)
                announce(notice)
              })
            }
          >
            {token.preview_token ? 'Delete the preview token' : 'Create a preview token'}
          </button>
          <Curl command={previewAction} />
        </section>
      )}
      <Deletion token={token} path={path} headers={headers} onDone={onClose} />
    </Dialog>
  )
}

function Deletion(props: {
  token: Token
  path: string
  headers: Record<string, string>
  onDone: () => void
}) {
  const { token, path, headers, onDone } = props
  const [isSure, setSure] = useState(false)
  const [isForced, force] = useState(false)
  const { error, start } = useAction()
  const command: Command = { method: 'DELETE', path: `${path}${isForced ? '?force=true' : ''}`, headers }
  return (
    <section class="action">
      <h3>Delete</h3>
      <p class="muted">Whoever uses the token is refused from then on.</p>
      {token.preview_token && (
        <Switch
          label="Delete its preview token, too"
          hint="Sends force=true, without which the API refuses."
          isOn={isForced}
          onChange={force}
        />
      )}
      {error !== undefined && <Refused error={error} />}
      {isSure ? (
        <p class="row">
          <button
            type="button"
            class="button danger"
            onClick={() =>
              void start(async () => {
                const { notice } = await act<{ notice: string }>(command)
                announce(notice)
                onDone()
              })
            }
          >
            Yes, delete “{token.name}”
          </button>
          <button type="button" class="button" onClick={() => setSure(false)}>
            Keep it
          </button>
        </p>
      ) : (
        <button type="button" class="button danger" onClick={() => setSure(true)}>
          Delete the token
        </button>
      )}
      <Curl command={command} />
    </section>
  )
}
