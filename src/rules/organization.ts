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

/** The limits of the organization's plan, by uid of the feature. */
export interface PlanLimits {
  managementTokensLimit: number
  deliveryTokens: number
}

/** The plan's limit of delivery tokens per stack if no cap is set (R, from a captured plan). */
export const PLANNED_DELIVERY_TOKENS = 20

/** The plan of an organization (R shape; C for the limits that this server does not enforce). */
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
