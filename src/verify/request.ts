import type { Scenario } from './scenario.ts'

/** A request in which every placeholder is filled. */
export interface FilledRequest {
  method: Scenario['method']
  /** Begins with `/v3`. */
  path: string
  headers: Record<string, string>
  body: string | undefined
}

/** What placeholders stand for, on one side. */
export type Names = Map<string, string>

const PLACEHOLDER = /\{(\w+)\}/g

const DEFAULT_HEADERS = { api_key: '{api_key}', authtoken: '{authtoken}' }

const bodyText = ({ body }: Scenario) =>
  body === undefined || typeof body === 'string' ? body : JSON.stringify(body)

const headersOf = ({ headers }: Scenario) =>
  Object.entries({ ...DEFAULT_HEADERS, ...headers }).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  )

/** The first name that a scenario needs and that was not found; undefined if it can run. */
export function missingName(scenario: Scenario, names: Names): string | undefined {
  const text = [scenario.path, bodyText(scenario) ?? '', ...headersOf(scenario).flat()].join('\n')
  const needed = [...scenario.needs, ...[...text.matchAll(PLACEHOLDER)].map(([, name]) => name as string)]
  return needed.find((name) => !names.has(name))
}

/** Fills the placeholders of a scenario whose names have all been found. */
export function filled(scenario: Scenario, names: Names): FilledRequest {
  const fill = (text: string, encode: (value: string) => string) =>
    text.replaceAll(PLACEHOLDER, (_all, name: string) => encode(names.get(name) as string))
  const body = bodyText(scenario)
  const json = body === undefined ? {} : { 'content-type': 'application/json' }
  return {
    method: scenario.method,
    path: `/v3${fill(scenario.path, encodeURIComponent)}`,
    headers: Object.fromEntries(
      Object.entries({ ...json, ...Object.fromEntries(headersOf(scenario)) }).map(([name, value]) => [
        name,
        fill(value, String),
      ]),
    ),
    body: body && fill(body, (value) => JSON.stringify(value).slice(1, -1)),
  }
}

/** Stores what later scenarios need from a response. A text that would change the meaning of a path counts as not found. */
export function find({ finds }: Scenario, text: string, names: Names): void {
  for (const [name, pointer] of Object.entries(finds)) {
    const value = valueAt(text, pointer)
    if (typeof value === 'string' && !/^\.{0,2}$/.test(value)) names.set(name, value)
  }
}

function valueAt(text: string, pointer: string): unknown {
  try {
    return pointer
      .split('/')
      .slice(1)
      .reduce((value, key) => (Object(value) as Record<string, unknown>)[key], JSON.parse(text) as unknown)
  } catch {
    return undefined
  }
}
