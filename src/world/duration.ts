import { end, parse } from 'iso8601-duration'

const DURATION = /^P(?=[\dT])(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$/

/**
 * The time, in milliseconds since 1970, that is an ISO 8601 duration (such as P5D) after another. Undefined for a text that is
 * none, or that leads past the dates of JavaScript.
 */
export function timeAfter(duration: string, from: number): number | undefined {
  if (!DURATION.test(duration)) return undefined
  const time = end(parse(duration), new Date(from)).getTime()
  return Number.isNaN(time) ? undefined : time
}
