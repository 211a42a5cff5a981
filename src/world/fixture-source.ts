import { createHash } from 'node:crypto'
import type { Fixture } from './fixture-schema.ts'
import { checkFixture, fixtureNames, readFixture } from './fixtures.ts'
import { DatabaseError, parseColumn } from './store/database.ts'
import type { FilledBy } from './store/filled-by.ts'

/** A fixture, and what a database that it fills remembers of it. */
export interface FixtureSource extends FilledBy {
  fixture: Fixture
}

/**
 * @param given the name of a built-in, a path, or the content itself
 * @throws FixtureError with every mistake at once
 */
export function fixtureSource(given: string | Fixture): FixtureSource {
  const isName = typeof given === 'string'
  const name = isName ? given : 'given'
  const fixture = isName ? readFixture(given) : checkFixture(name, given)
  if (isName && fixtureNames().includes(given)) return { name, hash: null, content: null, fixture }
  const content = JSON.stringify(fixture)
  return { name, hash: createHash('sha256').update(content).digest('hex'), content, fixture }
}

/**
 * The fixture that filled a database.
 *
 * @throws FixtureError where this version cannot load it
 */
export const sourceOf = (filledBy: FilledBy): FixtureSource =>
  filledBy.content === null
    ? fixtureSource(filledBy.name)
    : {
        ...filledBy,
        fixture: checkFixture(filledBy.name, parseColumn('filled_by.content', filledBy.content)),
      }

/** @throws DatabaseError where another fixture is asked for than filled the database */
export function refuseOther(database: string, { name, hash }: FilledBy, asked: FixtureSource): void {
  const isSame = hash === asked.hash && (hash !== null || name === asked.name)
  if (isSame) return
  const filler = name === asked.name ? `an earlier version of ${name}` : name
  throw new DatabaseError(
    `The database ${database} was filled from the fixture ${filler}, not ${asked.name}. Delete the file, choose another one with --database, or omit --fixtures to keep its content.`,
  )
}
