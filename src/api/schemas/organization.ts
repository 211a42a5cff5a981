import { Type } from '@sinclair/typebox'
import { Flag } from './token.ts'

export const FetchOrganizationQuery = Type.Object({ include_plan: Flag })
