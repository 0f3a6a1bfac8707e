/** Interactions as the bot is told of them. */
import type { APIUser } from "discord-api-types/v10"
import { OptionType } from "../optionValues.ts"
import type { Argument } from "../typedOptions.ts"
import { type Channel, ChannelType } from "./channels.ts"
import type { Command } from "./commands.ts"
import { type Component, ComponentType } from "./components.ts"
import { type Attachment, maxFileBytes } from "./files.ts"
import { locale } from "./locale.ts"
import type { Message } from "./message.ts"
import * as permissions from "./permissions.ts"
import type { World } from "./world.ts"

/** Discord's types of interactions. */
export const Kind = { command: 2, component: 3, autocomplete: 4, form: 5 } as const
export type Kind = (typeof Kind)[keyof typeof Kind]

/** Who did something, where, and in which language. */
export interface Doing {
  readonly user: APIUser
  readonly channel: Channel
  readonly locale: string
}

/** What every interaction says. */
export const envelope = (
  world: World,
  { channel, locale: language, user }: Doing,
  of: {
    readonly id: string
    readonly token: string
    readonly type: Kind
    readonly data: object
    readonly message?: Message | undefined
  }
): object => {
  const isDirect = channel.type === ChannelType.direct
  return {
    ...of,
    application_id: world.application.id,
    version: 1,
    channel_id: channel.id,
    channel,
    ...(isDirect ? { user } : {
      guild_id: world.guildId,
      guild: { id: world.guildId, locale, features: [] },
      guild_locale: locale,
      member: { ...world.people.member(user), user, permissions: world.permissionsOf(user) }
    }),
    locale: language,
    app_permissions: permissions.ofEverybody,
    entitlements: [],
    authorizing_integration_owners: { 0: isDirect ? "0" : world.guildId },
    context: isDirect ? 1 : 0,
    attachment_size_limit: maxFileBytes
  }
}

/** The data of a command that was typed, or of what is typed so far when an option has the focus. */
export const commandData = (
  world: World,
  command: Command,
  options: ReadonlyArray<Argument & { readonly focused?: boolean }>,
  files: ReadonlyArray<Attachment> = []
): object => ({
  id: command.id,
  name: command.name,
  type: command.type,
  options,
  ...(command.guild_id === undefined ? {} : { guild_id: command.guild_id }),
  ...resolvedOf(world, idsIn(options), files)
})

/** The data of a command that was chosen in the menu of a user or of a message. */
export const targetData = (world: World, command: Command, target: Message | APIUser): object => ({
  id: command.id,
  name: command.name,
  type: command.type,
  target_id: target.id,
  ...(command.guild_id === undefined ? {} : { guild_id: command.guild_id }),
  ...("content" in target
    ? { resolved: { messages: { [target.id]: target } } }
    : resolvedOf(world, [{ id: target.id, type: OptionType.user }]))
})

/** The data of a button that was pressed, or of a menu in which something was chosen. */
export const componentData = (world: World, component: Component, values: ReadonlyArray<string>): object => ({
  id: component.id,
  component_type: component.type,
  custom_id: component.custom_id,
  ...(component.type === ComponentType.button ? {} : { values }),
  ...resolvedOf(world, values.map((id) => ({ id, type: menuTypes[component.type] ?? 0 })))
})

/** The data of a form that was sent. */
export const formData = (
  customId: string,
  components: ReadonlyArray<Component>,
  valueOf: (customId: string) => ReadonlyArray<string>
): object => {
  const filled = (component: Component): object => {
    const values = valueOf(component.custom_id ?? "")
    return {
      type: component.type,
      id: component.id,
      custom_id: component.custom_id,
      ...(component.type === ComponentType.textInput ? { value: values[0] ?? "" } : { values })
    }
  }
  return {
    custom_id: customId,
    components: components.map((top) => ({
      type: top.type,
      id: top.id,
      ...(top.components === undefined ? {} : { components: top.components.map(filled) }),
      ...(top.component === undefined ? {} : { component: filled(top.component) })
    }))
  }
}

const menuTypes: Readonly<Record<number, number>> = {
  [ComponentType.userSelect]: OptionType.user,
  [ComponentType.roleSelect]: OptionType.role,
  [ComponentType.mentionableSelect]: OptionType.mentionable,
  [ComponentType.channelSelect]: OptionType.channel
}

interface Named {
  readonly id: string
  readonly type: number
}

const idsIn = (options: ReadonlyArray<Argument>): ReadonlyArray<Named> =>
  options.flatMap(({ options = [], type, value }) => [
    ...(typeof value === "string" ? [{ id: value, type }] : []),
    ...idsIn(options)
  ])

/** What the ids stand for. */
const resolvedOf = (world: World, named: ReadonlyArray<Named>, files: ReadonlyArray<Attachment> = []): object => {
  const pick = <A>(types: ReadonlyArray<number>, find: (id: string) => A | undefined): Record<string, A> =>
    Object.fromEntries(named.flatMap(({ id, type }) => {
      const found = types.includes(type) ? find(id) : undefined
      return found === undefined ? [] : [[id, found]]
    }))
  const all = {
    users: pick([OptionType.user, OptionType.mentionable], (id) => world.people.user(id)),
    members: pick([OptionType.user, OptionType.mentionable], (id) => {
      const member = world.people.isMember(id)
      if (member === undefined) return undefined
      const { deaf: _d, mute: _m, user, ...rest } = member
      return { ...rest, permissions: world.permissionsOf(user) }
    }),
    roles: pick([OptionType.role, OptionType.mentionable], (id) => world.roles.get(id)),
    channels: pick([OptionType.channel], (id) => {
      const channel = world.channels.get(id)
      return channel && { ...channel, permissions: permissions.ofEverybody }
    }),
    attachments: pick([OptionType.file], (id) => files.find((file) => file.id === id))
  }
  const given = Object.fromEntries(Object.entries(all).filter(([, found]) => Object.keys(found).length > 0))
  return Object.keys(given).length === 0 ? {} : { resolved: given }
}
