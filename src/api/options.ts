import type { Profile } from './envelope.ts'

export interface Settings {
  profile: Profile
  /** The most management tokens that a stack may have. */
  managementTokenCap: number
}
