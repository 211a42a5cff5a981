import { REQUESTS_PER_SECOND } from './caps.ts'

/** A role in the organization, as `org_roles` shows it (A). */
export interface OrganizationRole {
  uid: string
  name: string
  description: string
  org_uid: string
  admin: boolean
  default: boolean
  users: string[]
}

/** What the plan of the organization allows, by the uid of the feature. */
export interface PlanLimits {
  managementTokensLimit: number
  deliveryTokens: number
}

/** Delivery tokens of a stack where no cap is in force (R, of a captured plan). */
export const PLANNED_DELIVERY_TOKENS = 20

/** The plan of an organization (R shape; C for the limits that nothing here enforces). */
export function planOf({ managementTokensLimit, deliveryTokens }: PlanLimits) {
  const limits: [uid: string, name: string, limit: number][] = [
    ['managementTokensLimit', 'Management Tokens', managementTokensLimit],
    ['deliveryTokens', 'Delivery Tokens', deliveryTokens],
    ['previewTokens', 'Preview Tokens', deliveryTokens],
    ['limit', 'Write requests per second', REQUESTS_PER_SECOND],
    ['getLimit', 'Read requests per second', REQUESTS_PER_SECOND],
    ['bulkLimit', 'Bulk requests per second', 1],
    ['branches', 'Branches', 50],
    ['branch_aliases', 'Branch aliases', 50],
  ]
  return {
    plan_id: 'tokens-mock',
    name: 'Plan of contentstack-tokens-mock',
    message: '',
    price: '0',
    features: limits.map(([uid, name, limit], i) => ({
      uid,
      name,
      key_order: i + 1,
      enabled: true,
      limit,
      max_limit: limit,
      is_required: false,
      depends_on: [],
    })),
  }
}
