import { Type } from '@sinclair/typebox'
import { BRANCH_UID } from '../../rules/branches.ts'

export const CreateBranch = Type.Object({
  branch: Type.Object({
    uid: Type.String({ minLength: 1, pattern: BRANCH_UID }),
    source: Type.String({ minLength: 1 }),
  }),
})
export const BranchParameters = Type.Object({ uid: Type.String() })

export const AssignBranchAlias = Type.Object({
  branch_alias: Type.Object({ target_branch: Type.String({ minLength: 1 }) }),
})
export const BranchAliasParameters = Type.Object({ alias: Type.String() })
