import type { Profile } from './envelope.ts'

export interface Settings {
  profile: Profile
  /** The most management tokens that a stack may have. */
  managementTokenCap: number
  /** The most delivery tokens that a stack may have; undefined for no cap. */
  deliveryTokenCap: number | undefined
}
