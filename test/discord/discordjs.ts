/** A client of discord.js in the sandbox, with every event that happens to it. */
import { Client, type ClientEvents, type Guild, Partials, type TextChannel } from "discord.js"
import * as Effect from "effect/Effect"
import * as Sandbox from "../../services/discord/sandbox/Sandbox.ts"

/** Waits for a promise of the library, which may never settle. */
export const wait = <A>(promise: () => PromiseLike<A>) =>
  Effect.orDie(Effect.timeout(Effect.tryPromise(async () => promise()), "10 seconds"))

/** All intents that are not about presences and voice. */
const intents = [1, 2, 4, 512, 1024, 2048, 4096, 8192, 16384, 32768].reduce((all, bit) => all | bit, 0)

/** Logs in to a sandbox of its own. Ends with the scope. */
export const login = Effect.gen(function*() {
  const sandbox = yield* Sandbox.make({ identifyEvery: 0 })
  const client = new Client({
    intents,
    partials: [Partials.Channel, Partials.Message, Partials.Reaction],
    rest: { api: `${sandbox.url}/api` }
  })
  client.on("error", () => {})
  yield* Effect.addFinalizer(() => Effect.promise(async () => client.destroy()))
  const ready = new Promise<Client<true>>((resolve) => client.once("clientReady", resolve))
  yield* wait(() => client.login(sandbox.token))
  const bot = yield* wait(() => ready)
  const guild: Guild = yield* wait(() => bot.guilds.fetch(sandbox.guildId))
  const channel = yield* wait(() => bot.channels.fetch(sandbox.channelId))
  if (channel?.type !== 0) return yield* Effect.die("the first channel is no text channel")
  const general: TextChannel = channel
  /** The next event of this name; ask before what causes it. */
  const next = <Name extends keyof ClientEvents>(name: Name) => {
    const happened = new Promise<ClientEvents[Name]>((resolve) =>
      bot.once(name, (...event: ClientEvents[Name]) => resolve(event))
    )
    return wait(() => happened)
  }
  return { sandbox, client: bot, guild, general, next }
})
