import type { Scenario } from './scenario.ts'
import { described, pointerOf, type Shape, shapeOfBody } from './shape.ts'
import { headerName } from './words.ts'

/** A response of either side. */
export interface Observed {
  status: number
  /** In lower case. */
  headerNames: readonly string[]
  text: string
}

/** Where the target differs, without a value of either side. */
export interface Difference {
  /** `status`, `header NAME`, or a JSON pointer; empty for the whole body. */
  place: string
  target: string
  mock: string
}

/** Headers of transport, of proxies and of browsers' security, which this project does not emulate, and our own. */
const NOT_COMPARED =
  /^(x-mock-.*|access-control-.*|accept-ranges|age|alt-svc|cache-control|cf-.*|connection|content-(encoding|length|security-policy)|cross-origin-.*|date|etag|expect-ct|keep-alive|last-modified|nel|permissions-policy|pragma|expires|referrer-policy|report-to|server|server-timing|strict-transport-security|trailer|transfer-encoding|vary|via|x-(amz|amzn|cache|fastly|served|timer)(-.*)?|x-(content-type-options|dns-prefetch-control|download-options|frame-options|permitted-cross-domain-policies|powered-by|xss-protection))$/

/** Compares the status, the names of the headers, and the shape of the body with the API's own words. */
export function compare(
  target: Observed,
  mock: Observed,
  rules: Pick<Scenario, 'optional' | 'open'>,
): Difference[] {
  const [theirs, ours] = [String(target.status), String(mock.status)]
  const differences = [
    ...(theirs === ours ? [] : [{ place: 'status', target: theirs, mock: ours }]),
    ...differentHeaders(target.headerNames, mock.headerNames),
    ...differentShapes(shapeOfBody(target.text), shapeOfBody(mock.text), [], rules),
  ]
  // Several unknown keys have the same place.
  return [...new Map(differences.map((difference) => [JSON.stringify(difference), difference])).values()]
}

function differentHeaders(target: readonly string[], mock: readonly string[]): Difference[] {
  const names = [...new Set([...mock, ...target])].filter((name) => !NOT_COMPARED.test(name))
  const isPresent = (list: readonly string[], name: string) => (list.includes(name) ? 'present' : 'absent')
  return names
    .map((name) => ({
      place: `header ${headerName(name)}`,
      target: isPresent(target, name),
      mock: isPresent(mock, name),
    }))
    .filter((difference) => difference.target !== difference.mock)
}

function differentShapes(
  target: Shape | undefined,
  mock: Shape | undefined,
  path: readonly string[],
  rules: Pick<Scenario, 'optional' | 'open'>,
): Difference[] {
  const pointer = path.map((key) => `/${key}`).join('')
  const difference = (note = '') => [
    { place: pointerOf(path), target: described(target) + note, mock: described(mock) },
  ]
  const isOptional = rules.optional.includes(pointer)
  if (!target || !mock) return isOptional || mock?.isAlways === false ? [] : difference()
  const isKnown = (type: string) =>
    mock.types.has(type as 'null') || (isOptional && (type === 'null' || mock.types.has('null')))
  if (![...target.types].every(isKnown)) return difference()
  if (!isSame(target, mock))
    return difference(described(target) === described(mock) ? ', with another number' : '')
  if (rules.open.includes(pointer)) return []
  const isSometimesMissing = mock.isAlways && !target.isAlways && !isOptional
  const keys = target.types.has('object') ? new Set([...mock.keys.keys(), ...target.keys.keys()]) : []
  return [
    ...(isSometimesMissing ? difference(', absent in some') : []),
    ...[...keys].flatMap((key) =>
      differentShapes(target.keys.get(key), mock.keys.get(key), [...path, key], rules),
    ),
    ...(target.elements && mock.elements
      ? differentShapes(target.elements, mock.elements, [...path, '*'], rules)
      : []),
  ]
}

/** Whether the API says the same on both sides. */
function isSame(target: Shape, mock: Shape): boolean {
  const words = ({ said, elements }: Shape) =>
    [...new Set([...said, ...(elements?.said ?? [])].map(({ exact }) => exact))].sort().join('\n')
  return words(target) === words(mock)
}
