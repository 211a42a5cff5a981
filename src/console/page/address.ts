import { signal } from '@preact/signals'

// The address of the page says which world and which view it shows: /w/one/_mock/console#requests

export const VIEWS = ['tokens', 'timeline', 'requests', 'try', 'world'] as const
export type View = (typeof VIEWS)[number]

/** The prefix that selects the page's world, such as `/w/one`; empty for the default world. */
export const prefix = /^\/w\/[^/]+/.exec(location.pathname)?.[0] ?? ''

export const DEFAULT_WORLD = 'default'

/** The name of the page's world. */
export const worldName = prefix === '' ? DEFAULT_WORLD : prefix.slice('/w/'.length)

/** The page for a world, at the current view. */
export const pageOf = (world: string) =>
  `${world === DEFAULT_WORLD ? '' : `/w/${encodeURIComponent(world)}`}/_mock/console#${address.value.view}`

/** The kind of token that has a list of its own. */
export type Kind = 'delivery' | 'management'

interface Address {
  view: View
  /** The `api_key` of the stack; undefined for the first one. */
  stack: string | undefined
  kind: Kind
  /** The uid of the user whose authtoken is sent; undefined for the owner. */
  user: string | undefined
}

function read(): Address {
  const [view = '', query] = location.hash.slice(1).split('?')
  const parameters = new URLSearchParams(query)
  return {
    view: VIEWS.find((name) => name === view) ?? 'tokens',
    stack: parameters.get('stack') ?? undefined,
    kind: parameters.get('kind') === 'management' ? 'management' : 'delivery',
    user: parameters.get('as') ?? undefined,
  }
}

export const address = signal(read())

addEventListener('hashchange', () => {
  address.value = read()
})

/** The hash of the current address with changes. */
export function hashOf(changes: Partial<Address>): string {
  const { view, stack, kind, user } = { ...address.value, ...changes }
  const parameters = new URLSearchParams({
    ...(stack !== undefined && { stack }),
    ...(kind === 'management' && { kind }),
    ...(user !== undefined && { as: user }),
  })
  const query = parameters.toString()
  return `#${view}${query && '?'}${query}`
}

export function go(changes: Partial<Address>): void {
  location.hash = hashOf(changes)
  // The event comes later, and a control would show its old value until then.
  address.value = read()
}
