/** Subcommands, forms and files of commands, declared and given in the sandbox. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Actor, System, Thread } from "heddle"
import * as Testing from "heddle/Testing"
import * as bot from "../../services/discord/bot.ts"
import * as Command from "../../services/discord/Command.ts"
import { listOf } from "../../services/discord/commandList.ts"
import { DiscordBot } from "../../services/discord/DiscordBot.ts"
import { DiscordSandbox } from "../../services/discord/DiscordSandbox.ts"
import { decode } from "../../services/discord/events.ts"
import * as repertoire from "../../services/discord/repertoire.ts"
import * as Sandbox from "../../services/discord/sandbox/Sandbox.ts"
import { environment } from "../services/environment.ts"
import * as Bot from "./botHarness.ts"
import { call } from "./wire.ts"

const text = (description: string) => Schema.String.annotate({ description })
const line = (description: string) => Schema.String.check(Schema.isMaxLength(50)).annotate({ description })

const add = Command.make({
  name: "add",
  description: "Adds an item",
  options: { item: text("What"), count: Schema.optionalKey(Schema.Int.annotate({ description: "How many" })) },
  complete: { item: (typed: string) => Effect.succeed([`${typed}les`]) },
  buttons: {
    rename: Command.button({
      answer: "message",
      form: { title: "Another name", fields: { name: line("Its name") } },
      run: ({ argument, form: { name } }) => Effect.succeed(`${argument} is called ${name}.`)
    })
  },
  run: ({ options: { count = 1, item } }) =>
    Effect.succeed({
      content: `added ${count} ${item}`,
      buttons: [{ button: "rename", label: "Rename", argument: item }] as const
    })
})
const clear = Command.make({
  name: "clear",
  description: "Forgets all",
  permissions: ["ManageGuild"],
  run: () => Effect.succeed("cleared")
})
const items = Command.group({
  name: "items",
  description: "A list",
  locales: { de: { name: "liste" } },
  commands: [
    add,
    Command.group({ name: "all", description: "All of them", commands: [clear] })
  ]
})
const report = Command.withForm({
  name: "report",
  description: "Reports somebody",
  options: { who: Command.User("Whom"), note: Schema.optionalKey(text("A note")) },
  isPrivate: true,
  form: {
    title: "What happened?",
    fields: {
      kind: Schema.Literals(["noise", "spam"]).annotate({ description: "What kind" }),
      story: Schema.String.check(Schema.isMinLength(3)).annotate({ description: "The story" }),
      place: Schema.optionalKey(line("Where"))
    }
  },
  run: ({ form: { kind, place = "somewhere", story }, options: { who } }) =>
    Effect.succeed(`${who} made ${kind} ${place}: ${story}`)
})
const measure = Command.make({
  name: "measure",
  description: "Measures a file",
  options: { file: Command.File("The file"), unit: Schema.optionalKey(text("The unit")) },
  run: ({ options: { file, unit = "bytes" } }) =>
    Effect.succeed(`${file.name} (${file.type}) has ${file.bytes} ${unit}`)
})
const commands = [items, report, measure]

const config = System.make({
  module: import.meta.url,
  threads: {
    sandbox: Thread.make({
      actors: [Actor.lazy(DiscordSandbox, () => import("../../services/discord/DiscordSandboxLayer.ts"))]
    }),
    bot: Thread.make({
      actors: [Actor.lazy(DiscordBot, bot.load(commands.map((command) => async () => ({ default: command }))))]
    })
  }
})

/** Works with a sandbox and a bot of these commands, which has registered them. */
const talking = <A, E>(work: (sandbox: Sandbox.Sandbox) => Effect.Effect<A, E>) =>
  Effect.gen(function*() {
    const sandbox = yield* Sandbox.make({ identifyEvery: 0 })
    yield* environment({ DISCORD_TOKEN: sandbox.token, DISCORD_API_URL: sandbox.url })
    const isReady = call(sandbox, "GET", `/applications/${sandbox.applicationId}/commands`).pipe(
      Effect.delay("20 millis"),
      Effect.repeat({ until: ({ body }) => body.length === commands.length }),
      Effect.timeout("10 seconds")
    )
    return yield* Effect.provide(Effect.andThen(isReady, work(sandbox)), Testing.layer(config))
  })

/** The next form that is shown. */
const form = (sandbox: Sandbox.Sandbox) =>
  sandbox.signals.pipe(
    Stream.flatMap((signal) => signal._tag === "Form" ? Stream.succeed(signal.form) : Stream.empty),
    Stream.runHead,
    Effect.flatMap(Effect.fromOption),
    Effect.timeout("8 seconds"),
    Effect.orDie
  )

/** Gives subcommands, completes one, and presses a button that asks for a form. */
const subcommands = Effect.fnUntraced(function*(sandbox: Sandbox.Sandbox) {
  const ada = { author: "Ada" }
  yield* sandbox.say("Ada", "/items add apple count:3")
  const added = yield* Bot.answer(sandbox, "added 3 apple")
  assert.deepStrictEqual(yield* sandbox.actions.complete(ada, "/items add app"), [
    { name: "apples", value: "apples" }
  ])
  yield* sandbox.say("owner", "/items all clear")
  yield* Bot.answer(sandbox, "cleared")
  yield* sandbox.say("Ada", "!items add pear")
  yield* Bot.answer(sandbox, "added 1 pear")
  yield* sandbox.say("Ada", "!items all clear")
  yield* Bot.answer(sandbox, "Give `/items all clear` as a slash command")
  yield* call(sandbox, "PATCH", `/guilds/${sandbox.guildId}/roles/${sandbox.guildId}`, { permissions: "0" })
  yield* sandbox.say("Ada", "/items all clear")
  yield* Bot.answer(sandbox, "You lack the permissions that this takes.")
  const [shown] = yield* Effect.all([
    form(sandbox),
    sandbox.actions.press(ada, added.id, "items add:rename:apple")
  ], { concurrency: "unbounded" })
  assert.strictEqual(shown.title, "Another name")
  yield* sandbox.actions.submit(ada, shown.id, { name: ["Pippin"] })
  yield* Bot.answer(sandbox, "apple is called Pippin.")
})

/** What is proposed while somebody writes: the labels, and the line that each makes. */
const proposed = (sandbox: Sandbox.Sandbox, line: string, author = "owner") =>
  Effect.map(sandbox.actions.propose({ author }, line), ({ hint, proposals }) => ({
    hint: hint?.name,
    all: proposals.map(({ label, text }) => [label, text])
  }))

/** Writes subcommands and options as the sandbox's page proposes them, letter by letter. */
const proposals = Effect.fnUntraced(function*(sandbox: Sandbox.Sandbox) {
  const add = ["/items add <item> [count]", "/items add "]
  const clear = ["/items all clear", "/items all clear"]
  for (const line of ["/it", "/items", "/items ", "/ITEMS A"]) {
    assert.deepStrictEqual(yield* proposed(sandbox, line), { hint: undefined, all: [add, clear] }, line)
  }
  assert.deepStrictEqual((yield* proposed(sandbox, "/items al")).all, [clear])
  assert.deepStrictEqual((yield* proposed(sandbox, "/items b")).all, [])
  // The bot's own proposals come first, then the options that have no value yet.
  assert.deepStrictEqual(yield* proposed(sandbox, "/items add "), {
    hint: "item",
    all: [["les", "/items add les"], ["item:", "/items add item:"], ["count:", "/items add count:"]]
  })
  assert.deepStrictEqual(yield* proposed(sandbox, "/items add item:app"), {
    hint: "item",
    all: [["apples", "/items add item:apples"]]
  })
  assert.deepStrictEqual(yield* proposed(sandbox, "/items add c"), {
    hint: "item",
    all: [["cles", "/items add cles"], ["count:", "/items add count:"]]
  })
  assert.deepStrictEqual(yield* proposed(sandbox, "/items add count:2 "), {
    hint: "item",
    all: [["les", "/items add count:2 les"], ["item:", "/items add count:2 item:"]]
  })
  assert.deepStrictEqual(yield* proposed(sandbox, "/items all clear "), { hint: undefined, all: [] })
  const { all, hint } = yield* proposed(sandbox, "/report ad", "Ada")
  assert.strictEqual(hint, "who")
  assert.match(all.join(), /^@Ada,\/report <@\d+>$/)
  const file = yield* sandbox.actions.propose({ author: "Ada" }, "/measure ")
  assert.deepStrictEqual(file.proposals.map(({ isFile = false, label }) => [label, isFile]), [["unit:", false], [
    "file",
    true
  ]])
  for (const line of ["", "items", "/nothing", "/nothing else", "/items add apple 3 "]) {
    assert.deepStrictEqual(yield* proposed(sandbox, line), { hint: undefined, all: [] }, line)
  }
})

/** Gives a command whose form is filled in. */
const forms = Effect.fnUntraced(function*(sandbox: Sandbox.Sandbox) {
  const ada = { author: "Ada" }
  const [shown] = yield* Effect.all([form(sandbox), sandbox.say("Ada", "/report 123 loud")], {
    concurrency: "unbounded"
  })
  const wrong = yield* Effect.flip(sandbox.actions.submit(ada, shown.id, { kind: ["noise"], story: ["x"] }))
  assert.include(wrong.message, "takes 2 to")
  yield* sandbox.actions.submit(ada, shown.id, { kind: ["noise"], story: ["all night"] })
  const answer = yield* Bot.answer(sandbox, "123 made noise somewhere: all night")
  assert.strictEqual(answer.onlyFor, "Ada")
  yield* sandbox.say("Ada", `/report 123 ${"long ".repeat(30)}`)
  yield* Bot.answer(sandbox, "That is too long to be given with this form.")
  yield* sandbox.say("Ada", "!report 123")
  yield* Bot.answer(sandbox, "Give `/report` as a slash command")
})

/** Gives commands with files that were sent to the sandbox's page. */
const files = Effect.fnUntraced(function*(sandbox: Sandbox.Sandbox) {
  const upload = (body: string, origin = sandbox.url) =>
    Effect.promise(async () => {
      const response = await fetch(`${sandbox.url}/page/file?name=my%20notes.txt`, {
        method: "POST",
        headers: { "content-type": "text/plain", origin },
        body
      })
      const answer: { readonly id: string } = JSON.parse(await response.text())
      return { status: response.status, ...answer }
    })
  const { id } = yield* upload("hello")
  const who = { author: "Ada" }
  sandbox.actions.say(who, "/measure octets", undefined, [id])
  yield* Bot.answer(sandbox, "my_notes.txt (text/plain) has 5 octets")
  // It was sent, and is not there to be sent again.
  sandbox.actions.say(who, "/measure", undefined, [id])
  yield* Bot.line(sandbox, ({ content }) => content.includes("/measure needs the file file."))
  const again = yield* upload("more")
  sandbox.actions.say(who, "", undefined, [again.id])
  const sent = yield* Bot.line(sandbox, ({ attachments = [] }) => attachments.length === 1)
  assert.strictEqual(
    yield* Effect.promise(async () => (await fetch(sent.attachments?.[0]?.url ?? "")).text()),
    "more"
  )
  assert.strictEqual((yield* upload("x", "https://evil.example")).status, 403)
  assert.strictEqual((yield* upload("x".repeat((10 << 20) + 1))).status, 413)
})

describe("kinds of commands", () => {
  it.live("Subcommands, forms and files of commands are registered, proposed and given in the sandbox, and guarded; what does not fit is said.", () =>
    talking((sandbox) =>
      Effect.gen(function*() {
        yield* proposals(sandbox)
        yield* files(sandbox)
        yield* forms(sandbox)
        yield* subcommands(sandbox)
      })
    ))

  it("What Discord would not take of subcommands, forms and files is said when they are made.", () => {
    const empty = { name: "a", description: "A command", run: () => Effect.succeed("") } as const
    const one = Command.make(empty)
    const inGroup = Command.group({ name: "g", description: "d", commands: [one] })
    const faults: ReadonlyArray<readonly [make: () => unknown, problem: string]> = [
      [() => Command.group({ name: "G", description: "d", commands: [one] }), "can't be called \"G\""],
      [() => Command.group({ name: "g", description: "", commands: [one] }), "needs a description"],
      [() => Command.group({ name: "g", description: "d", commands: [] }), "has 0 subcommands"],
      [() => Command.group({ name: "g", description: "d", commands: [one, one] }), "are called /g a"],
      [
        () =>
          Command.group({
            name: "g",
            description: "d",
            commands: [Command.group({ name: "h", description: "d", commands: [inGroup] })]
          }),
        "one level of them"
      ],
      [() => Command.withForm({ ...empty, form: { title: "", fields: { x: text("x") } } }), "title"],
      [() => Command.withForm({ ...empty, form: { title: "t", fields: {} } }), "form of 0 fields"],
      [
        () => Command.withForm({ ...empty, form: { title: "t", fields: { x: Schema.String } } }),
        "description of its field x"
      ],
      [
        () =>
          Command.withForm({
            ...empty,
            form: { title: "t", fields: { x: Schema.Int.annotate({ description: "x" }) } }
          }),
        "field x that is no text"
      ],
      [
        () =>
          Command.withForm({
            ...empty,
            options: { file: Command.File("f") },
            form: { title: "t", fields: { x: text("x") } }
          }),
        "can't have both"
      ]
    ]
    for (const [make, problem] of faults) assert.throws(make, problem)
    assert.include(listOf([items.registered]), "`/items add <item> [count]`: Adds an item\n- `/items all clear`")
  })

  it("Interactions of every wrong shape are no interactions, and mean nothing that every object has.", () => {
    const envelope = { id: "1", token: "t", application_id: "2", member: { user: { username: "ada" } } }
    const heard = (type: number, data: unknown) =>
      decode({ type: "INTERACTION_CREATE", sequence: 1, data: { ...envelope, type, data } })
    const wrong: ReadonlyArray<readonly [number, unknown]> = [
      [2, null],
      [2, { name: 7 }],
      [2, { name: "a", options: {} }],
      [2, { name: "a", options: [{ value: 1 }] }],
      [2, { name: "a", resolved: { attachments: { x: { id: "x" } } } }],
      [3, { custom_id: null }],
      [4, { name: "a", options: [[]] }],
      [5, { custom_id: "a", components: [null] }],
      [5, { custom_id: "a", components: [{ component: { value: "x" } }] }],
      [1, {}],
      [99, { name: "a" }]
    ]
    for (const [type, data] of wrong) assert.strictEqual(heard(type, data)._tag, "None", JSON.stringify(data))
    // Deeper than Discord nests: what is below is not looked at.
    const deep = JSON.parse(`${"{\"name\":\"a\",\"type\":1,\"options\":[".repeat(3000)}${"]}".repeat(3000)}`)
    assert.strictEqual(heard(2, deep)._tag, "Some")
    const of = repertoire.make([...commands])
    for (const name of ["constructor", "__proto__", "items constructor", "items  add"]) {
      assert.isUndefined(of.find(name))
    }
    for (const custom_id of ["", ":", "::", "report::", "report::[]", "report::{", "items add:constructor:x"]) {
      const sent = heard(5, { custom_id, components: [] })
      assert.strictEqual(sent._tag, "Some", custom_id)
      if (sent._tag === "None" || sent.value.kind !== "interaction") continue
      const meaning = repertoire.meaningOf(sent.value.interaction)
      if (meaning._tag === "Command") assert.deepStrictEqual(meaning.values, {})
      else assert.isUndefined(of.find(meaning.name)?.button("constructor"))
    }
  })
})
