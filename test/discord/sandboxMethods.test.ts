/** What a bot of discord.js does most, in the sandbox. */
import { assert, describe, it } from "@effect/vitest"
import {
  ActionRowBuilder,
  AttachmentBuilder,
  ButtonBuilder,
  ButtonStyle,
  ChannelType,
  ContextMenuCommandBuilder,
  EmbedBuilder,
  MessageFlags,
  ModalBuilder,
  PermissionFlagsBits,
  SlashCommandBuilder,
  StringSelectMenuBuilder,
  TextInputBuilder,
  TextInputStyle
} from "discord.js"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import type { ChatMessage } from "../../services/discord/DiscordSandbox.ts"
import type { Sandbox } from "../../services/discord/sandbox/Sandbox.ts"
import { login, wait } from "./discordjs.ts"

/** The first line, past or to come, that fits. */
const line = (sandbox: Sandbox, fits: (line: ChatMessage) => boolean) =>
  sandbox.transcript.pipe(
    Stream.filter(fits),
    Stream.runHead,
    Effect.flatMap(Effect.fromOption),
    Effect.timeout("8 seconds"),
    Effect.orDie
  )

const ada = { author: "Ada" }

const button = (id: string) => new ButtonBuilder().setCustomId(id).setLabel(id).setStyle(ButtonStyle.Primary)
const row = (...ids: ReadonlyArray<string>) => new ActionRowBuilder<ButtonBuilder>().addComponents(ids.map(button))

describe.concurrent("a bot of discord.js", () => {
  it.live("A bot of discord.js types, writes, edits, replies and deletes.", () =>
    Effect.gen(function*() {
      const { general, next, sandbox } = yield* login
      const typing = yield* Effect.forkChild(
        sandbox.signals.pipe(Stream.filter(({ _tag }) => _tag === "Typing"), Stream.runHead),
        { startImmediately: true }
      )
      const typed = next("typingStart")
      yield* wait(() => general.sendTyping())
      assert.strictEqual((yield* typed)[0].user.id, sandbox.applicationId)
      assert.isDefined(yield* Effect.timeout(Fiber.join(typing), "5 seconds"))
      const written = next("messageCreate")
      yield* sandbox.say("Ada", "hello")
      const [hello] = yield* written
      const reply = yield* wait(() => hello.reply("hi"))
      assert.strictEqual(reply.reference?.messageId, hello.id)
      yield* wait(() => reply.edit("hi there"))
      assert.strictEqual((yield* wait(() => general.messages.fetch(reply.id))).content, "hi there")
      yield* line(sandbox, ({ content, isEdited }) => content === "hi there" && isEdited === true)
      yield* wait(() => reply.delete())
      yield* line(sandbox, ({ id, isDeleted }) => id === reply.id && isDeleted === true)
      const more = [yield* wait(() => general.send("one")), yield* wait(() => general.send("two"))]
      const gone = next("messageDeleteBulk")
      yield* wait(() => general.bulkDelete(more))
      assert.strictEqual((yield* gone)[0].size, 2)
      const left = yield* wait(() => general.messages.fetch({ limit: 10 }))
      assert.deepStrictEqual(left.map(({ content }) => content), ["hello"])
    }))

  it.live("A bot of discord.js shows embeds with fields.", () =>
    Effect.gen(function*() {
      const { general, sandbox } = yield* login
      const embed = new EmbedBuilder()
        .setTitle("Weather")
        .setURL("https://example.com/weather")
        .setDescription("Fair")
        .setColor(0x00aa55)
        .setAuthor({ name: "The sky" })
        .setFooter({ text: "as of now" })
        .addFields({ name: "Wind", value: "3 km/h", inline: true }, { name: "Rain", value: "none", inline: true })
      const sent = yield* wait(() => general.send({ embeds: [embed] }))
      assert.deepStrictEqual(sent.embeds[0]?.fields.map(({ name, value }) => [name, value]), [
        ["Wind", "3 km/h"],
        ["Rain", "none"]
      ])
      const { embeds } = yield* line(sandbox, ({ id }) => id === sent.id)
      assert.deepStrictEqual(embeds, [{
        title: "Weather",
        url: "https://example.com/weather",
        description: "Fair",
        color: 0x00aa55,
        author: "The sky",
        footer: "as of now",
        fields: [{ name: "Wind", value: "3 km/h", inline: true }, { name: "Rain", value: "none", inline: true }]
      }])
      const [title, field, many] = [
        new EmbedBuilder().setTitle("x".repeat(256)).setDescription("y".repeat(4096)).setFooter({
          text: "z".repeat(2048)
        }),
        new EmbedBuilder().setDescription("x"),
        Array.from({ length: 11 }, () => new EmbedBuilder().setDescription("x"))
      ]
      const refused = [[title], [field.setDescription("x".repeat(4096)), title], many]
      for (const embeds of refused) {
        const failed = yield* Effect.flip(Effect.tryPromise(async () => general.send({ embeds })))
        assert.include(String(failed.cause), "Invalid Form Body")
      }
    }))

  it.live("A bot of discord.js reacts, and sees the reactions of people.", () =>
    Effect.gen(function*() {
      const { client, general, next, sandbox } = yield* login
      const sent = yield* wait(() => general.send("vote"))
      yield* wait(() => sent.react("👍"))
      yield* wait(() => sent.react("❤️"))
      const added = next("messageReactionAdd")
      yield* sandbox.actions.react(ada, sent.id, "👍")
      const [reaction, user] = yield* added
      assert.deepStrictEqual([reaction.emoji.name, user.username], ["👍", "Ada"])
      const users = yield* wait(() => reaction.users.fetch())
      assert.deepStrictEqual(users.map(({ username }) => username).toSorted(), ["Ada", "heddle"])
      const shown = yield* line(sandbox, ({ id, reactions }) => id === sent.id && reactions?.[0]?.count === 2)
      assert.deepStrictEqual(shown.reactions, [
        { emoji: "👍", name: "👍", count: 2 },
        { emoji: "❤️", name: "❤️", count: 1 }
      ])
      const removed = next("messageReactionRemove")
      yield* sandbox.actions.react(ada, sent.id, "👍")
      assert.strictEqual((yield* removed)[1].username, "Ada")
      yield* wait(() => reaction.users.remove(client.user.id))
      yield* wait(() => sent.reactions.removeAll())
      assert.strictEqual((yield* wait(() => sent.fetch(true))).reactions.cache.size, 0)
      const failed = yield* Effect.flip(Effect.tryPromise(async () => sent.react("no emoji")))
      assert.include(String(failed.cause), "Unknown Emoji")
    }))

  it.live("A bot of discord.js sends files, alone and in embeds, and reads them back.", () =>
    Effect.gen(function*() {
      const { general, sandbox } = yield* login
      const notes = new AttachmentBuilder(Buffer.from("some notes"), { name: "notes.txt", description: "Notes" })
      const picture = new AttachmentBuilder(Buffer.from([137, 80, 78, 71]), { name: "dot.png" })
      const sent = yield* wait(() =>
        general.send({
          files: [notes, picture],
          embeds: [new EmbedBuilder().setTitle("A dot").setImage("attachment://dot.png")]
        })
      )
      const first = sent.attachments.first()
      assert.deepStrictEqual([first?.name, first?.size, first?.description], ["notes.txt", 10, "Notes"])
      assert.strictEqual(sent.embeds[0]?.image?.url, sent.attachments.last()?.url)
      const response = yield* wait(() => fetch(first?.url ?? ""))
      assert.strictEqual(yield* wait(() => response.text()), "some notes")
      assert.strictEqual(response.headers.get("content-disposition"), "attachment")
      const { attachments } = yield* line(sandbox, ({ id }) => id === sent.id)
      assert.deepStrictEqual(attachments?.map(({ bytes, name }) => [name, bytes]), [["notes.txt", 10], ["dot.png", 4]])
      const edited = yield* wait(() => sent.edit({ attachments: [], content: "none" }))
      assert.strictEqual(edited.attachments.size, 0)
      const large = new AttachmentBuilder(Buffer.alloc((10 << 20) + 1), { name: "large.bin" })
      const failed = yield* Effect.flip(Effect.tryPromise(async () => general.send({ files: [large] })))
      assert.include(String(failed.cause), "Request entity too large")
    }))

  it.live("A bot of discord.js pins and unpins.", () =>
    Effect.gen(function*() {
      const { general, next, sandbox } = yield* login
      const sent = yield* wait(() => general.send("the rules"))
      const changed = next("channelPinsUpdate")
      yield* wait(() => sent.pin())
      yield* changed
      const { items } = yield* wait(() => general.messages.fetchPins())
      assert.deepStrictEqual(items.map(({ message }) => message.content), ["the rules"])
      yield* line(sandbox, ({ id, isPinned }) => id === sent.id && isPinned === true)
      yield* wait(() => sent.unpin())
      assert.lengthOf((yield* wait(() => general.messages.fetchPins())).items, 0)
    }))

  it.live("A bot of discord.js writes direct messages, and reads them.", () =>
    Effect.gen(function*() {
      const { client, next, sandbox } = yield* login
      const first = next("messageCreate")
      sandbox.actions.say({ ...ada, channelId: "@me" }, "psst")
      const [message] = yield* first
      assert.deepStrictEqual([message.channel.type, message.guildId, message.content], [ChannelType.DM, null, "psst"])
      const user = yield* wait(() => client.users.fetch(message.author.id))
      const sent = yield* wait(() => user.send("what is it?"))
      assert.strictEqual(sent.channelId, message.channelId)
      const shown = yield* line(sandbox, ({ id }) => id === sent.id)
      assert.strictEqual(shown.channel, "@Ada")
    }))

  it.live("A bot of discord.js starts threads, writes in them, and archives them.", () =>
    Effect.gen(function*() {
      const { general, guild, next, sandbox } = yield* login
      const started = next("threadCreate")
      const sent = yield* wait(() => general.send("a topic"))
      const thread = yield* wait(() => sent.startThread({ name: "The topic", autoArchiveDuration: 60 }))
      assert.strictEqual((yield* started)[0].id, thread.id)
      yield* wait(() => thread.send("in the thread"))
      yield* line(sandbox, ({ channel, content }) => channel === "#The topic" && content === "in the thread")
      const heard = next("messageCreate")
      sandbox.actions.say({ ...ada, channelId: thread.id }, "me too")
      assert.isTrue((yield* heard)[0].channel.isThread())
      const active = yield* wait(() => guild.channels.fetchActiveThreads())
      assert.deepStrictEqual(active.threads.map(({ name }) => name), ["The topic"])
      const members = yield* wait(() => thread.members.fetch())
      assert.strictEqual(members.size, 1)
      const other = yield* wait(() => general.threads.create({ name: "Another", type: ChannelType.PrivateThread }))
      yield* wait(async () => other.setName("Renamed"))
      yield* wait(async () => other.setArchived(true))
      const archived = yield* wait(() => general.threads.fetchArchived({ type: "private" }))
      assert.deepStrictEqual(archived.threads.map(({ name }) => name), ["Renamed"])
      yield* wait(() => thread.delete())
      assert.strictEqual((yield* wait(() => guild.channels.fetchActiveThreads())).threads.size, 0)
    }))

  it.live("A bot of discord.js makes and changes channels and roles, and finds members.", () =>
    Effect.gen(function*() {
      const { guild, next, sandbox } = yield* login
      const joined = next("guildMemberAdd")
      yield* sandbox.say("Ada", "hello")
      const [newcomer] = yield* joined
      const channel = yield* wait(() => guild.channels.create({ name: "Off topic", topic: "Anything" }))
      assert.deepStrictEqual([channel.name, channel.topic], ["off-topic", "Anything"])
      yield* wait(() => channel.setTopic("Everything"))
      yield* wait(() => channel.delete())
      const role = yield* wait(() => guild.roles.create({ name: "Judge", permissions: ["BanMembers"] }))
      yield* wait(() => newcomer.roles.add(role))
      const members = yield* wait(() => guild.members.fetch())
      assert.isTrue(members.find(({ user }) => user.username === "Ada")?.roles.cache.has(role.id))
      const found = yield* wait(() => guild.members.search({ query: "ad" }))
      assert.strictEqual(found.size, 1)
      const named = yield* wait(() => newcomer.setNickname("Countess"))
      assert.strictEqual(named.displayName, "Countess")
      assert.deepStrictEqual((yield* wait(() => guild.roles.fetch())).map(({ name }) => name).toSorted(), [
        "@everyone",
        "Judge"
      ])
      const left = next("guildMemberRemove")
      yield* wait(() => newcomer.ban())
      yield* left
      assert.strictEqual((yield* wait(() => guild.bans.fetch())).size, 1)
      yield* wait(() => guild.bans.remove(newcomer.id))
    }))

  it.live("A bot of discord.js has commands of one guild, with permissions.", () =>
    Effect.gen(function*() {
      const { client, guild, next, sandbox } = yield* login
      const ban = new SlashCommandBuilder().setName("ban").setDescription("Bans somebody")
        .addUserOption((option) => option.setName("who").setDescription("Whom").setRequired(true))
        .setDefaultMemberPermissions(PermissionFlagsBits.BanMembers)
      const registered = yield* wait(() => guild.commands.set([ban]))
      assert.strictEqual(registered.first()?.guildId, guild.id)
      assert.strictEqual((yield* wait(() => client.application.commands.fetch())).size, 0)
      const member = next("guildMemberAdd")
      yield* sandbox.say("Eve", "hello")
      const [eve] = yield* member
      const given = next("interactionCreate")
      yield* sandbox.say("Ada", `/ban <@${eve.id}>`)
      const [interaction] = yield* given
      if (!interaction.isChatInputCommand()) return assert.fail("not a command")
      assert.strictEqual(interaction.options.getUser("who")?.username, "Eve")
      assert.strictEqual(interaction.commandGuildId, guild.id)
      yield* wait(() => interaction.reply({ content: "done", flags: MessageFlags.Ephemeral }))
      assert.strictEqual((yield* line(sandbox, ({ content }) => content === "done")).onlyFor, "Ada")
      yield* wait(() => guild.roles.everyone.setPermissions(["SendMessages"]))
      yield* sandbox.say("Ada", `/ban <@${eve.id}>`)
      yield* line(sandbox, ({ content }) => content === "You lack the permissions that /ban takes.")
      yield* wait(() => guild.commands.delete(registered.firstKey() ?? ""))
      assert.strictEqual((yield* wait(() => guild.commands.fetch())).size, 0)
    }))

  it.live("A bot of discord.js answers buttons: by an update, later, and with a new message.", () =>
    Effect.gen(function*() {
      const { general, next, sandbox } = yield* login
      const sent = yield* wait(() => general.send({ content: "choose", components: [row("left", "right")] }))
      const press = Effect.fnUntraced(function*(id: string) {
        const pressed = next("interactionCreate")
        yield* sandbox.actions.press(ada, sent.id, id)
        const [interaction] = yield* pressed
        return interaction.isButton() ? interaction : yield* Effect.die("not a button")
      })
      const left = yield* press("left")
      assert.deepStrictEqual([left.customId, left.message.id, left.user.username], ["left", sent.id, "Ada"])
      yield* wait(() => left.update({ content: "chosen: left" }))
      yield* line(sandbox, ({ content, id }) => id === sent.id && content === "chosen: left")
      const right = yield* press("right")
      yield* wait(() => right.deferUpdate())
      yield* wait(() => right.editReply({ content: "chosen: right", components: [] }))
      const last = yield* line(sandbox, ({ content }) => content === "chosen: right")
      assert.isUndefined(last.components)
      yield* wait(() => right.followUp("one more thing"))
      yield* line(sandbox, ({ content }) => content === "one more thing")
      const gone = yield* Effect.flip(sandbox.actions.press(ada, sent.id, "left"))
      assert.strictEqual(gone.message, "That button is gone.")
    }))

  it.live("A bot of discord.js collects what people press on an answer to a command.", () =>
    Effect.gen(function*() {
      const { client, next, sandbox } = yield* login
      yield* wait(() => client.application.commands.set([{ name: "ask", description: "Asks" }]))
      const given = next("interactionCreate")
      yield* sandbox.say("Ada", "/ask")
      const [interaction] = yield* given
      if (!interaction.isChatInputCommand()) return assert.fail("not a command")
      const response = yield* wait(() =>
        interaction.reply({ content: "sure?", components: [row("yes", "no")], withResponse: true })
      )
      const message = response.resource?.message
      if (message === null || message === undefined) return assert.fail("no message")
      const collected = message.awaitMessageComponent({ filter: ({ user }) => user.username === "Ada", time: 8000 })
      yield* sandbox.actions.press(ada, message.id, "yes")
      const confirmation = yield* wait(() => collected)
      yield* wait(() => confirmation.update({ content: "done", components: [] }))
      yield* line(sandbox, ({ content, id }) => id === message.id && content === "done")
    }))

  it.live("A bot of discord.js answers menus.", () =>
    Effect.gen(function*() {
      const { general, next, sandbox } = yield* login
      const menu = new StringSelectMenuBuilder().setCustomId("fruit").setPlaceholder("Fruit").setMaxValues(2)
        .addOptions({ label: "Apple", value: "a" }, { label: "Pear", value: "p" })
      const components = [new ActionRowBuilder<StringSelectMenuBuilder>().addComponents(menu)]
      const sent = yield* wait(() => general.send({ components }))
      const wrong = yield* Effect.flip(sandbox.actions.press(ada, sent.id, "fruit", ["x"]))
      assert.strictEqual(wrong.message, "There is no such choice.")
      const chosen = next("interactionCreate")
      yield* sandbox.actions.press(ada, sent.id, "fruit", ["a", "p"])
      const [interaction] = yield* chosen
      if (!interaction.isStringSelectMenu()) return assert.fail("not a menu")
      assert.deepStrictEqual(interaction.values, ["a", "p"])
      yield* wait(() => interaction.reply("both"))
      yield* line(sandbox, ({ content }) => content === "both")
    }))

  it.live("A bot of discord.js shows forms, and reads what people fill in.", () =>
    Effect.gen(function*() {
      const { client, next, sandbox } = yield* login
      yield* wait(() => client.application.commands.set([{ name: "feedback", description: "Asks for feedback" }]))
      const given = next("interactionCreate")
      yield* sandbox.say("Ada", "/feedback")
      const [interaction] = yield* given
      if (!interaction.isChatInputCommand()) return assert.fail("not a command")
      const input = new TextInputBuilder().setCustomId("text").setLabel("Text").setStyle(TextInputStyle.Short)
        .setMinLength(3)
      const modal = new ModalBuilder().setCustomId("form").setTitle("Feedback")
        .addComponents(new ActionRowBuilder<TextInputBuilder>().addComponents(input))
      const shown = yield* Effect.forkChild(
        sandbox.signals.pipe(
          Stream.filter((signal) => signal._tag === "Form"),
          Stream.runHead,
          Effect.flatMap(Effect.fromOption),
          Effect.timeout("8 seconds")
        ),
        { startImmediately: true }
      )
      yield* wait(() => interaction.showModal(modal))
      const { form } = yield* Fiber.join(shown)
      const short = yield* Effect.flip(sandbox.actions.submit(ada, form.id, { text: ["x"] }))
      assert.include(short.message, "Text takes 3 to 4000 characters")
      const submitted = next("interactionCreate")
      yield* sandbox.actions.submit(ada, form.id, { text: ["all well"] })
      const [answer] = yield* submitted
      if (!answer.isModalSubmit()) return assert.fail("not a form")
      assert.strictEqual(answer.fields.getTextInputValue("text"), "all well")
      yield* wait(() => answer.reply("thanks"))
      yield* line(sandbox, ({ content }) => content === "thanks")
    }))

  it.live("A bot of discord.js proposes values while people write a command.", () =>
    Effect.gen(function*() {
      const { client, sandbox } = yield* login
      const guide = new SlashCommandBuilder().setName("guide").setDescription("Finds a page").addStringOption((
        option
      ) => option.setName("query").setDescription("What").setAutocomplete(true).setRequired(true))
      yield* wait(() => client.application.commands.set([guide]))
      client.on("interactionCreate", (interaction) => {
        if (!interaction.isAutocomplete()) return
        const typed = interaction.options.getFocused()
        void interaction.respond([{ name: `All about ${typed}`, value: typed }])
      })
      const choices = yield* sandbox.actions.complete(ada, "/guide thr")
      assert.deepStrictEqual(choices, [{ name: "All about thr", value: "thr" }])
    }))

  it.live("A bot of discord.js has commands in the menus of people and messages.", () =>
    Effect.gen(function*() {
      const { client, general, next, sandbox } = yield* login
      yield* wait(() =>
        client.application.commands.set([
          new ContextMenuCommandBuilder().setName("Quote it").setType(3),
          new ContextMenuCommandBuilder().setName("Greet").setType(2)
        ])
      )
      const sent = yield* wait(() => general.send("a quote"))
      const chosen = next("interactionCreate")
      yield* sandbox.actions.choose(ada, "Quote it", sent.id)
      const [interaction] = yield* chosen
      if (!interaction.isMessageContextMenuCommand()) return assert.fail("not a message's command")
      assert.strictEqual(interaction.targetMessage.content, "a quote")
      const greeted = next("interactionCreate")
      yield* sandbox.actions.choose(ada, "Greet", interaction.user.id)
      const [greeting] = yield* greeted
      assert.isTrue(greeting.isUserContextMenuCommand())
    }))

  it.live("A bot of discord.js defers, fills in, follows up, and deletes its answers.", () =>
    Effect.gen(function*() {
      const { client, next, sandbox } = yield* login
      yield* wait(() => client.application.commands.set([{ name: "work", description: "Works" }]))
      const given = next("interactionCreate")
      yield* sandbox.say("Ada", "/work")
      const [interaction] = yield* given
      if (!interaction.isChatInputCommand()) return assert.fail("not a command")
      yield* wait(() => interaction.deferReply({ flags: MessageFlags.Ephemeral }))
      const waiting = yield* line(sandbox, ({ content }) => content === "is thinking…")
      assert.strictEqual(waiting.onlyFor, "Ada")
      yield* wait(() =>
        interaction.editReply({ content: "done", files: [{ attachment: Buffer.from("x"), name: "x.txt" }] })
      )
      assert.lengthOf((yield* line(sandbox, ({ content }) => content === "done")).attachments ?? [], 1)
      const more = yield* wait(() => interaction.followUp({ content: "more" }))
      yield* wait(() => interaction.deleteReply(more))
      yield* wait(() => interaction.deleteReply())
      const failed = yield* Effect.flip(Effect.tryPromise(async () => interaction.fetchReply()))
      assert.include(String(failed.cause), "Unknown Message")
    }))
})
