import type { OrganizationRole } from '../rules/organization.ts'
import type { Store } from '../store/index.ts'
import { idsOfPlace } from '../world/ids.ts'

/** The roles that a user has in the organization: its owner and its admins are admins, all others members (C). */
export function rolesInOrganization({ organization, users }: Store, userUid: string): OrganizationRole[] {
  const { uid, owner_uid: ownerUid } = organization.get()
  const admins = new Set([...(ownerUid === null ? [] : [ownerUid]), ...organization.admins()])
  const isAdmin = admins.has(userUid)
  const name = isAdmin ? 'Admin' : 'Member'
  return [
    {
      uid: idsOfPlace(`${uid}.roles.${name}`).uid(),
      name,
      description: `${name} of the organization`,
      org_uid: uid,
      admin: isAdmin,
      default: true,
      users: users
        .all()
        .map((user) => user.uid)
        .filter((other) => admins.has(other) === isAdmin),
    },
  ]
}
