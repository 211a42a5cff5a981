import type { Agent } from 'node:http'
import type { Agent as SecureAgent } from 'node:https'
import { createRequire } from 'node:module'
import { API_KEY, AUTHTOKENS } from './support.ts'

// Its own types are sources that do not compile with strict settings: here is the part of them that is used.
export interface Item {
  uid: string
  name: string
  description: string
  update(): Promise<Item>
}
interface Environment extends Item {
  urls: { locale: string; url: string }[]
  delete(): Promise<{ notice: string }>
}
interface Branch {
  uid: string
  source: string
  alias: unknown
}
interface Collection<T = Item & { token: string }> {
  create(data: object): Promise<T>
  query(): { find(): Promise<{ items: T[] }> }
  fetch(): Promise<T>
  delete(): Promise<{ notice: string }>
  previewToken(): {
    create(): Promise<Item & { preview_token: string; scope: { environments: { name: string }[] }[] }>
    delete(): Promise<{ notice: string }>
  }
}
interface Stack {
  api_key: string
  name: string
  deliveryToken(uid?: string): Collection
  managementToken(uid?: string): Collection
  environment(name?: string): Collection<Environment>
  branch(uid?: string): Collection<Branch>
  branchAlias(alias?: string): Collection<Branch> & { createOrUpdate(branch: string): Promise<Branch> }
  fetch(): Promise<Stack>
  update(): Promise<Stack>
  delete(): Promise<{ notice: string }>
}
interface Client {
  stack(options?: { api_key: string; management_token?: string; branch_uid?: string }): Stack & {
    create(data: object, options: { organization_uid: string }): Promise<Stack>
    query(): { find(): Promise<{ items: Stack[] }> }
  }
  organization(uid?: string): {
    fetchAll(): Promise<{ items: Item[] }>
    fetch(): Promise<Item & { stacks(): Promise<{ items: Stack[] }> }>
  }
  login(user: Record<string, string>): Promise<{ notice: string; user: { authtoken: string } }>
  getUser(): Promise<Item & { email: string }>
  logout(): Promise<{ notice: string }>
}
interface ClientOptions {
  authtoken?: string
  httpAgent?: Agent
  httpsAgent?: SecureAgent
  retryOnError?: boolean
  retryOnNetworkFailure?: boolean
  retryOnHttpServerError?: boolean
  /** Replaces lines on stdout. */
  logHandler?: () => void
}
export const contentstack = createRequire(import.meta.url)('@contentstack/management') as {
  client(options: ClientOptions & { endpoint: string }): Client
}

/** The official client, in the stack of the page. */
export const connect = (url: string, authtoken: string = AUTHTOKENS.owner, options: ClientOptions = {}) =>
  contentstack.client({ endpoint: `${url}/v3`, authtoken, ...options }).stack({ api_key: API_KEY })
