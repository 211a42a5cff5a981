/** How a fact is known: recorded, asserted by a vendor's live test, documented, inferred, or chosen. The strongest first. */
export const MARKS = ['R', 'A', 'D', 'I', 'C'] as const
export type Mark = (typeof MARKS)[number]

/** A fact about responses that are no failures of `rules/errors.ts`, or about when such a failure comes. */
export type Fact = {
  fact: string
  /** The profiles in which it holds; all of them if absent. */
  profile?: string
} & ({ mark: 'R' | 'A' | 'D' } | { mark: 'I' | 'C'; settle: string })

const known = (mark: 'R' | 'A' | 'D', fact: string, profile?: string): Fact => ({
  mark,
  fact,
  ...(profile && { profile }),
})
/** @param settle the request whose response shows what the service does */
const open = (mark: 'I' | 'C', fact: string, settle: string, profile?: string): Fact => ({
  mark,
  fact,
  settle,
  ...(profile && { profile }),
})

/** The facts by heading. */
export const FACTS: Record<string, Fact[]> = {
  'Every call': [
    known('R', 'A creation returns 201, every other success 200.'),
    known(
      'R',
      'A uid, an `api_key` and an authtoken are `blt` and 16 hexadecimal digits; the value of a token is `cs` and 24.',
    ),
    known('R', 'Times are ISO 8601 with milliseconds and `Z`.'),
    known(
      'R',
      'Responses carry `x-request-id`, `x-runtime`, `x-contentstack-organization`, `x-ratelimit-limit` and `x-ratelimit-remaining`.',
    ),
    known('A', 'The stack is checked before the credential.'),
    open(
      'I',
      'Then come the permission, the header `branch`, the body and the rule.',
      'Send a request that breaks two rules at once.',
    ),
    known('A', 'An empty body is accepted with any content type where the call needs none.'),
    known('A', 'A flag in a query takes `true` and `false` in any letter case.'),
    open(
      'C',
      'An empty flag counts as absent. Any other value is refused: "is not valid."',
      'Send `?force=` and `?force=maybe`.',
    ),
    open('C', 'Unknown fields and unknown query parameters are ignored.', 'POST a token with a field `x`.'),
    open(
      'C',
      'A resource that is missing in the body, or is not an object, "is a required field."',
      'POST `{}` and `{"token":5}`.',
    ),
    open('C', 'Half a surrogate pair in a text is stored as U+FFFD.', 'POST a name with `\\ud800`.'),
    open(
      'C',
      'An unknown route or method is refused before anything else.',
      'GET `/v3/nothing` without an `api_key`.',
    ),
    open(
      'C',
      'A body has at most 1 MiB and 100 levels. A larger one is refused before the credential is checked.',
      'POST a description of 2 MiB, and one without a credential.',
    ),
    open(
      'C',
      'Headers over the limit of Node get 431. An unreadable request and one with too many headers get the envelope, too.',
      'Send a header of 32 KiB.',
    ),
    open('C', 'A `HEAD` is served as a `GET`.', 'Send HEAD `/v3/stacks/delivery_tokens`.'),
    known(
      'R',
      'Organizations, login and `GET /stacks` without an `api_key` are not limited, and carry no `x-ratelimit-*`.',
    ),
    known('D', 'A rate limit counts reads and writes separately, 10 of each per second.'),
    known('R', 'A 429 has no `Retry-After`.'),
    open(
      'C',
      'Without a [fault](control.md#faults) nothing is limited, and `x-ratelimit-remaining` stays at 9 of 10. A failure other than 429 never says that 0 remain.',
      'None: this is a property of the emulation, since clients retry on 0.',
    ),
  ],
  Credentials: [
    known('A', 'An OAuth access token (`authorization: Bearer ...`) counts as the authtoken of its user.'),
    open(
      'I',
      'Beside an authtoken, the OAuth access token decides.',
      'Send a good authtoken beside an unknown Bearer.',
    ),
    open(
      'I',
      'Beside an authtoken, a management token decides on the calls that it may make.',
      'Send a good authtoken beside an unknown management token to `GET /v3/environments`.',
    ),
    open(
      'I',
      'On all other calls a management token is ignored beside an authtoken, and gets 401 without one.',
      'GET `/v3/stacks/delivery_tokens` with a management token alone.',
    ),
    open(
      'C',
      'A caller who is not in the stack gets the failure of an unknown `api_key`.',
      'Send the `api_key` of another organization.',
    ),
    open('C', 'An empty header of a credential counts as missing.', 'Send `authtoken:` with no value.'),
    open('C', 'The cookie that a login sets is not a credential.', 'Send the cookie alone.'),
    known(
      'D',
      'Owner, admin and developer write delivery and preview tokens. Owner and admin read and write management tokens.',
    ),
    open('C', 'Everyone in a stack may read its delivery tokens.', 'List the tokens as a content manager.'),
    open(
      'C',
      'Who may do what with stacks, environments, branches and aliases.',
      'Send the calls of [Who may do what](endpoints.md#who-may-do-what) in each role.',
    ),
    known(
      'D',
      'The header `branch` is checked on every call below a stack, and ignored on a stack without branches.',
    ),
    open(
      'C',
      'A request without the header is not checked against the branches of a management token.',
      'GET `/v3/environments` with a management token that has a branch.',
    ),
    open(
      'C',
      'A management token may work on a branch by an alias in its scope, or by any alias of a branch in its scope, but not by the name of the branch when only an alias is in its scope.',
      'Send the header `branch` with each of these names.',
    ),
  ],
  'Delivery tokens': [
    known('R', 'The keys of a token, and `preview_token` only where there is one.'),
    known('R', 'Each entry of a scope has a `_metadata.uid`, which is new after each write of the scope.'),
    known(
      'D',
      'The page shows `tokens` where the service returns `token`, and the key `notice:` with a colon.',
      'documented',
    ),
    known('R', 'GET one returns `token`; PUT and DELETE return `notice`.', 'live'),
    open(
      'C',
      'GET one, PUT and DELETE return both forms side by side.',
      'None: this is a property of the emulation.',
      'compatible',
    ),
    known('A', 'A name keeps blanks, tabs, newlines and markup.'),
    open(
      'C',
      'A name has at most 255 characters: "is too long. Maximum 255 characters."',
      'POST a name of 256 characters.',
    ),
    known('A', 'A taken name is refused, for POST and PUT.'),
    open('I', 'The words of that refusal: "is not unique."', 'POST the same name twice.'),
    open('C', 'A missing or null description reads back as `""`.', 'POST a token without a description.'),
    known('A', 'A PUT of only the name and the description is accepted.'),
    open('C', 'A PUT keeps what it leaves out.', 'PUT only a description, and GET the token.'),
    known('R', 'A PUT changes `updated_at` and `updated_by`; `created_at`, `created_by` and the value stay.'),
    open(
      'I',
      'The message and code of a refused PUT: "Delivery Token update failed. Please try again.", 141.',
      'PUT a taken name.',
    ),
    open(
      'C',
      'A token with a preview token is not deleted without `force=true`.',
      'DELETE such a token.',
      'compatible, documented',
    ),
    known('D', 'A token with a preview token is deleted together with it.', 'live'),
    known(
      'A',
      '`create_with_preview_token` counts only in the query. `include_preview_token` has no effect.',
    ),
    open(
      'C',
      'Delivery tokens have no cap unless `--delivery-token-cap` sets one, and the words of the refusal at the cap.',
      'Create 21 tokens on a trial plan.',
    ),
    open(
      'C',
      'The environments in the scope of a token hold at most 4 MiB together.',
      'POST a scope of a thousand large environments.',
    ),
  ],
  'Preview tokens': [
    known('D', 'A delivery token has at most one preview token.'),
    known(
      'D',
      'Creating or deleting one changes `updated_at` and `updated_by` of the delivery token (page).',
    ),
    known('A', 'A second creation, and the deletion of one that is not there, are refused with 422/141.'),
    open(
      'I',
      'The words of these refusals: "already exists.", "is not valid."',
      'POST a preview token twice, and DELETE it twice.',
    ),
    known('D', 'A deletion needs both credentials.', 'documented'),
    open(
      'I',
      'A deletion needs the authtoken or a management token.',
      'DELETE with an authtoken alone.',
      'compatible, live',
    ),
    open(
      'C',
      'An OAuth access token counts as the authtoken there. The management token is still missing then.',
      'DELETE with `authorization: Bearer ...` alone.',
      'documented',
    ),
    open(
      'C',
      'A change by a management token counts as made by the user who created it. Its modules do not matter.',
      'POST with a management token of few modules, and GET `updated_by`.',
    ),
  ],
  Scopes: [
    known(
      'R',
      'A delivery token needs an environment. On a stack with branches, both kinds need a branch or an alias.',
    ),
    open(
      'C',
      'On a stack without branches no branch is needed, as in the sample of the page.',
      'POST a token without a branch on such a stack.',
    ),
    known('A', 'The modules of a management token, besides `branch` and `branch_alias`. Others are refused.'),
    known(
      'A',
      'An `acl` with another key than `read` and `write`, or `write` on a delivery token, is refused.',
    ),
    known('D', 'A management token may be write-only.'),
    known('R', 'The texts "true" and "false" in an `acl` become booleans.'),
    open(
      'C',
      'An `acl` must have `read`, or for a management token `read` or `write`. A value may be false.',
      'POST an entry with `"acl":{}` and one with `"acl":{"read":false}`.',
    ),
    known('A', 'Unknown environments, branches and aliases are refused with 422/141. `*` is no wildcard.'),
    known('A', 'Environments as objects, as an earlier response showed them, are refused.'),
    open(
      'I',
      'The words about modules, acls and environments in a scope.',
      'POST a scope with one mistake of each kind.',
    ),
    known(
      'A',
      'An entry `branch_alias` without `branch_aliases`, or with an empty list, is accepted beside a branch.',
    ),
    open('I', 'Such an entry comes back without the key.', 'POST one, and GET the token.'),
    open('C', 'A name that appears twice counts once.', 'POST `"environments":["production","production"]`.'),
    open(
      'C',
      'Several mistakes are reported together, a mistake in an entry before a missing entry.',
      'POST a scope with two mistakes.',
    ),
    open(
      'C',
      'The sample of an update on the page shows no `_metadata` on the entry of environments. Here each entry has one.',
      'PUT a scope.',
    ),
    open(
      'C',
      'When a deleted environment, branch or alias disappears from a scope, `updated_at` stays.',
      'DELETE an environment, and GET a token that names it.',
    ),
  ],
  'Management tokens': [
    known('D', 'Only the response to the creation shows the value (page).'),
    known('R', 'The keys of a token. `expires_on` is returned as it was sent.'),
    known('A', '`rate_limit_enabled` is accepted and returned.'),
    open('I', 'Names are not unique.', 'POST the same name twice.'),
    known('A', 'A date in `expires_on` means 00:00 UTC of that day.'),
    open(
      'C',
      '`expires_on` takes a date or an ISO 8601 date-time, without a time zone in UTC; anything else "is not valid."',
      'POST `"expires_on":"tomorrow"` and `"2030-01-01T10:00"`.',
    ),
    known(
      'D',
      'An `expires_on` in the past is accepted, as in the samples of the page.',
      'compatible, documented',
    ),
    known('A', 'An `expires_on` in the past is refused.', 'live'),
    open(
      'C',
      'The words of that refusal: "must not be in the past."',
      'POST `"expires_on":"2020-12-10"`.',
      'live',
    ),
    known('D', 'A stack holds at most 10 management tokens (page; the product guide says 30).'),
    open(
      'C',
      'The words of the refusal at the cap. Expired tokens count.',
      'Create one token more than the plan allows.',
    ),
    known('D', 'An e-mail goes out seven days before the expiry (page).'),
    open(
      'C',
      'It goes out at once when less than seven days are left, and not at all for an expired token. The words of the e-mail.',
      'Create a token that expires in three days, with `is_email_notification_enabled`.',
    ),
    open(
      'I',
      'The message and code of a refused PUT: "Management Token update failed. Please try again.", 141.',
      'PUT an empty scope.',
    ),
    open(
      'C',
      "A management token's lists of branches and aliases are not filtered. One branch or alias outside its scope is refused.",
      'List the branches with a token for one branch.',
    ),
    open(
      'C',
      'A management token may move an existing alias only if it may use that alias.',
      'PUT an alias that is not in the scope.',
    ),
  ],
  Lists: [
    known('R', 'The newest comes first.'),
    open('I', 'A page holds 100 entries unless `limit` says otherwise.', 'List more than 100 tokens.'),
    known('A', 'A `limit` over 100 is honored, and a negative one means the default.'),
    known('A', '`query` compares top-level fields for equality, the value of a token included.'),
    open(
      'C',
      'Operators such as `$in` and more than 20 fields in `query` are refused.',
      'Send `query={"name":{"$in":["x"]}}`.',
    ),
    known('D', '`asc` and `desc` sort by a field.'),
    open('C', '`asc` overrides `desc`.', 'Send both.'),
    open('I', '`count=true` returns only the number, under the key of the list.', 'Send `count=true`.'),
    open(
      'C',
      '`include_count` and `count` count every entry that matches, whatever the page size.',
      'Send `include_count=true&limit=1`.',
    ),
    known('A', 'A negative `skip` and a `limit` that is no number are refused.'),
    open(
      'C',
      'The message of that refusal names the resource: "Delivery Token fetch failed. Please try again."',
      'Send `skip=-1`.',
    ),
  ],
  'Users and login': [
    known('A', 'The bodies of login and of the current user.'),
    open(
      'C',
      'Fields of a user that this server does not store have the value of a new user. `username` is the e-mail address.',
      'GET `/v3/user`.',
    ),
    open(
      'C',
      'A login body of any other shape counts as a failed login.',
      'POST `{"user":[]}` to `/v3/user-session`.',
    ),
    known('D', 'A user keeps 20 authtokens.'),
    open(
      'C',
      'A login with a second factor accepts the token of the authenticator, the one before and the one after. It refuses a token as old as the last used one, or older.',
      'Log in twice with one token.',
    ),
    open('C', 'An empty and a null `tfa_token` count as missing.', 'Log in with `"tfa_token":""`.'),
    known('R', 'Logout empties the cookie and sends `clear-site-data`.'),
    known('A', 'Login sets the cookie `authtoken`.'),
  ],
  'Organizations and stacks': [
    known('A', 'The bodies of organizations, and `owner` only for their owner.'),
    open(
      'C',
      'There is one organization. Every user is in it and may create a stack.',
      'None: this is a property of the emulation.',
    ),
    open(
      'C',
      'The owner and the `admins` of a fixture have the role Admin, everybody else Member.',
      'GET `/v3/user?include_orgs_roles=true`.',
    ),
    known('R', 'The shape of a plan and of collaborators.'),
    open(
      'C',
      'The limits of a plan that are not enforced here, and the `roles` and `plan_id` of collaborators.',
      'GET `/v3/stacks?include_collaborators=true`.',
    ),
    known('A', '`organization_uid` is a header.'),
    open(
      'C',
      '`organization_uid` may also be in the query, where the documented call of the official client puts it.',
      'POST `/v3/stacks?organization_uid=...`.',
    ),
    known(
      'R',
      'The body of a stack, without `description` if it never had one. A new one has the branch `main`.',
    ),
    known('A', 'On `/stacks` itself an unknown `api_key` gets 422 instead of 412.'),
    known('A', 'A live preview that is enabled without `default-env` is refused with 422/150.'),
    open(
      'C',
      'Settings are stored as sent, key by key, and appear in the `settings` of the stack. The environment is not looked up.',
      'POST settings with an unknown environment.',
    ),
    open('C', 'The words and codes of the refusals of stacks: 141.', 'POST a stack without a name.'),
  ],
  Environments: [
    known('R', 'The path holds the name, not the uid.'),
    known('R', 'The body, without what only scopes show; `ACL` is `{}` after a write and `[]` otherwise.'),
    known('D', 'The characters that a name may hold.'),
    open('C', 'The words about a wrong name: "is not valid."', 'POST the name `A B`.'),
    known('R', 'A taken name: 422/247 "is not unique."'),
    open('C', 'The code of the refusal of an update: 247.', 'PUT the name of another environment.'),
    known('A', 'An entry of `urls` may omit either key.'),
    open(
      'C',
      'The environments of a stack hold at most 2 MiB together.',
      'Create environments until the service refuses.',
    ),
  ],
  'Locales and content': [
    known('D', 'The keys of a locale.'),
    open('C', '`/locales` lists the master locale only.', 'None: other locales are not served here.'),
    known('D', 'A delivery token opens the delivery API, a preview token the preview API.'),
    open(
      'C',
      'Without the host names of the service, the header of the credential decides which API a request means.',
      'None: this is a property of the emulation.',
    ),
    open(
      'C',
      'Content types and entries are for reading only. See [Content](content.md).',
      'None: this is a property of the emulation.',
    ),
    known('D', 'Without `environment`, a token reads the content of all its environments.'),
    open(
      'I',
      'A missing `access_token` gets the failure of a wrong one.',
      'GET `/v3/content_types` on the delivery host without it.',
    ),
    known('R', 'A 401 of the preview host has no CORS headers.'),
    open(
      'C',
      'The preview API accepts any `live_preview`, and shows entries that are not published.',
      'Send a hash that no page of yours has made.',
    ),
    open(
      'C',
      'The management API shows the latest versions of entries, without `publish_details`.',
      'GET an entry with a management token.',
    ),
    open(
      'C',
      'A read of content without the header `branch` reads `main` on the management API, too, and a management token needs it in its scope.',
      'Read entries with a management token for another branch, without the header.',
    ),
    open('C', 'A locale that no entry has is an empty list.', 'GET entries with `locale=xx`.'),
    open(
      'C',
      'The lists of assets, global fields, taxonomies, extensions, roles, webhooks, workflows and labels are empty.',
      'None: they are not served here.',
    ),
    open('C', 'An unknown locale is refused with 422/141.', 'GET `/v3/locales/xx`.'),
    open(
      'C',
      'The module that a management token needs for each list.',
      'GET each list with a token of one module.',
    ),
  ],
  'Branches and aliases': [
    known('R', 'The bodies and the notices.'),
    open(
      'C',
      'Branches are created and deleted at once, although the notices mention a queue.',
      'POST a branch, and GET it at once.',
    ),
    known('R', 'A name has 1 to 15 lower-case letters, digits and underscores.'),
    known('D', 'Deleting a branch deletes its aliases.'),
    known('A', 'A deletion without `force=true` asks for a confirmation.'),
    open('I', 'The words of the confirmation after its beginning.', 'DELETE a branch without `force`.'),
    open(
      'I',
      '`main` and the source of another branch cannot be deleted.',
      'DELETE `main` with `force=true`.',
    ),
    open(
      'I',
      'A management token cannot create or delete a branch, or delete an alias.',
      'DELETE an alias with a management token.',
    ),
    open(
      'C',
      'A branch and an alias cannot share a name: 422/910 for the branch, 422/903 for the alias.',
      'PUT an alias with the name of a branch.',
    ),
    open(
      'C',
      'The codes 903 and 909 for what else is wrong with an alias.',
      'PUT an alias of 16 characters.',
    ),
  ],
}
