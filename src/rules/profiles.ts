/**
 * Which source wins where the page and the service disagree: `documented` returns the page's shapes, `live` the
 * service's. `compatible` returns both side by side, so that every client finds the fields it reads.
 */
export const PROFILES = ['compatible', 'documented', 'live'] as const
/** The name of a profile: which source wins where the documentation and the service disagree. */
export type Profile = (typeof PROFILES)[number]

/** What the bodies have in each profile, for people. */
// Stryker disable all: test/cli.test.ts compares it, which the mutation run leaves out.
export const PROFILE_HINTS: Record<Profile, string> = {
  compatible:
    'the forms of the documentation and of the service, side by side; live is as strict as the service',
  documented: 'the forms of the documentation',
  live: 'the forms and checks of the service',
}
// Stryker restore all

/** A fact that is the same in every profile, or one for each. */
export type PerProfile<T> = T | Record<Profile, T>

/** The fact in one profile, or without a profile the different facts of all of them. */
export function factsIn<T extends object>(fact: PerProfile<T>, profile: Profile | undefined): T[] {
  if (!('documented' in fact)) return [fact]
  return profile === undefined ? PROFILES.map((name) => fact[name]) : [fact[profile]]
}
