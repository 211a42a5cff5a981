import type { World } from '../world/world.ts'
import type { Authentication } from './authentication.ts'
import type { Profile } from './envelope.ts'

export interface Settings {
  profile: Profile
  /** The most management tokens that a stack may have. */
  managementTokenCap: number
}

export interface ApiOptions extends Settings {
  world: World
  authentication: Authentication
}
