/** Routes by which the bot registers its commands, for all guilds or for one. */
import * as Result from "effect/Result"
import { areTooMany, type Command, type CommandBody, read } from "../commands.ts"
import * as replies from "../replies.ts"
import type { Parts } from "./parts.ts"
import { found, type Handle, type Request, type Route } from "./route.ts"

const limit = { limit: 5, lengthMillis: 20_000 }

export const commandRoutes = (of: Parts): ReadonlyArray<Route> => [
  ...scoped(of, "/applications/:application/commands", 1, () => undefined),
  ...scoped(of, "/applications/:application/guilds/:guild/commands", 2, ({ ids: [, guild] }) => guild)
]

/** The routes of one scope; `last` is the index of a command's id. */
const scoped = (
  { channelsChanged, commands, world }: Parts,
  at: string,
  last: 1 | 2,
  scopeOf: (request: Request) => string | undefined
): ReadonlyArray<Route> => {
  const handled = (handle: (scope: string | undefined, request: Request) => replies.Reply): Handle => (request) => {
    const scope = scopeOf(request)
    if (request.ids[0] !== world.application.id) return replies.missingAccess
    return scope === undefined || scope === world.guildId ? handle(scope, request) : replies.missingAccess
  }
  const ofCommand = (handle: (command: Command, request: Request) => replies.Reply): Handle =>
    handled((scope, request) =>
      found(commands.get(scope, request.ids[last]), replies.unknownCommand, (command) => handle(command, request))
    )
  const changed = (reply: replies.Reply): replies.Reply => {
    channelsChanged()
    return reply
  }
  const put = (scope: string | undefined, body: CommandBody): replies.Reply => {
    if (!commands.hasRoom(scope, body)) return replies.tooManyCommands
    const { command, isNew } = commands.put(scope, body)
    return changed(isNew ? replies.created(command) : replies.ok(command))
  }
  return [
    { at: `GET ${at}`, handle: handled((scope) => replies.ok(commands.all(scope))) },
    {
      at: `PUT ${at}`,
      limit,
      handle: handled((scope, { body }) => {
        const wanted = Array.isArray(body) ? body.map(read) : [read(body)]
        const problem = wanted.find(Result.isFailure)
        if (problem !== undefined) return bad(problem.failure)
        const bodies = wanted.filter(Result.isSuccess).map(({ success }) => success)
        return areTooMany(bodies) ? replies.tooManyCommands : changed(replies.ok(commands.replace(scope, bodies)))
      })
    },
    {
      at: `POST ${at}`,
      limit,
      handle: handled((scope, { body }) =>
        Result.match(read(body), { onFailure: bad, onSuccess: (wanted) => put(scope, wanted) })
      )
    },
    { at: `GET ${at}/:command`, handle: ofCommand((command) => replies.ok(command)) },
    {
      at: `PATCH ${at}/:command`,
      limit,
      handle: ofCommand((command, { body }) => {
        const { application_id: _a, guild_id, id: _i, version: _v, ...old } = command
        const merged = typeof body === "object" ? { ...old, ...body } : old
        return Result.match(read(merged), {
          onFailure: bad,
          onSuccess: (wanted) => {
            if (wanted.name !== command.name) commands.remove(command)
            return changed(replies.ok(commands.put(guild_id, wanted, command.id).command))
          }
        })
      })
    },
    {
      at: `DELETE ${at}/:command`,
      handle: ofCommand((command) => {
        commands.remove(command)
        return changed(replies.noContent)
      })
    }
  ]
}

const bad = (problem: string): replies.Reply => replies.invalidForm("name", "APPLICATION_COMMAND_INVALID", problem)
