import { go } from './address.ts'
import { actor, nameOf, people, stack, stacks } from './model.ts'
import { Select } from './parts.tsx'
import { ROLE_NAMES } from './words.ts'

/** The stack and the user, for every view that calls the API. */
export function Context({ withUser = true }: { withUser?: boolean }) {
  return (
    <div class="context">
      <Select
        label="Stack"
        value={stack.value?.api_key ?? ''}
        choices={stacks.value.map(({ name, api_key: apiKey = '' }) => ({ value: apiKey, label: name }))}
        onChange={(apiKey) => go({ stack: apiKey })}
      />
      {withUser && (
        <Select
          label="As"
          value={actor.value?.user.uid ?? ''}
          choices={people.value
            .filter(({ authtoken }) => authtoken !== undefined)
            .map(({ user, role }) => ({
              value: user.uid ?? '',
              label: `${nameOf(user.uid)} (${role ? ROLE_NAMES[role] : 'not in the stack'})`,
            }))}
          onChange={(user) => go({ user })}
        />
      )}
    </div>
  )
}
