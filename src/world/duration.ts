import { parse } from 'iso8601-duration'

const DURATION = /^P(?=[\dT])(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$/

const NONE = { years: 0, months: 0, weeks: 0, days: 0, hours: 0, minutes: 0, seconds: 0 }

/**
 * The time, in milliseconds since 1970, that is an ISO 8601 duration (such as P5D) after another. Undefined for a text that is
 * none, or that leads past the dates of JavaScript. In UTC: a summer time of the machine's own zone shifts nothing.
 */
export function timeAfter(duration: string, from: number): number | undefined {
  if (!DURATION.test(duration)) return undefined
  const { years, months, weeks, days, hours, minutes, seconds } = { ...NONE, ...parse(duration) }
  const date = new Date(from)
  date.setUTCFullYear(date.getUTCFullYear() + years)
  date.setUTCMonth(date.getUTCMonth() + months)
  date.setUTCDate(date.getUTCDate() + weeks * 7 + days)
  const time = new Date(date.getTime() + ((hours * 60 + minutes) * 60 + seconds) * 1000).getTime()
  return Number.isNaN(time) ? undefined : time
}
