import { REQUESTS_PER_SECOND } from '../rules/caps.ts'
import { rateLimitExceeded } from '../rules/errors.ts'
import type { FaultRule } from './faults.ts'

// In a file without imports of packages, since the console's page knows the rules of a preset by it.

export const PRESETS = ['rate-limit', 'outage', 'slow', 'new-token', 'maintenance'] as const
/** The name of rules that come with the server, such as `outage`. */
export type Preset = (typeof PRESETS)[number]

/** @param limit requests per second */
export function rateLimit(limit: number): FaultRule {
  const { status, message, code } = rateLimitExceeded()
  return { rate_limit: limit, status, error_message: message, error_code: code as number }
}

/** The rule of each preset. The messages are chosen (C). */
export const presetRules = {
  'rate-limit': rateLimit(REQUESTS_PER_SECOND),
  outage: { status: 503, error_message: 'The service is unavailable.', error_code: 503 },
  slow: { latency_ms: 2000 },
  // The live service does this for some seconds after a token is created.
  'new-token': {
    match: { authorization_younger_than_ms: 5000 },
    status: 412,
    error_message: "We can't find that Stack. Please try again.",
    error_code: 109,
  },
  maintenance: {
    status: 503,
    error_message: 'The service is under maintenance. Please try again later.',
    error_code: 503,
    headers: { 'retry-after': '60' },
  },
} satisfies Record<Preset, FaultRule>
