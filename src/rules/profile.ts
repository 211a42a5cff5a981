/**
 * Who decides where the page and the service disagree: `documented` returns the page's shapes, `live` the service's,
 * `compatible` both side by side, so that any client finds what it reads.
 */
export const PROFILES = ['compatible', 'documented', 'live'] as const
export type Profile = (typeof PROFILES)[number]
