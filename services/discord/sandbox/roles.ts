/** The guild's roles. */
import type { APIRole } from "discord-api-types/v10"
import { noFlags } from "./people.ts"
import * as permissions from "./permissions.ts"
import type { Snowflakes } from "./snowflakes.ts"

/** What a request may say of a role. */
export interface RolePatch {
  readonly name?: string | null | undefined
  readonly permissions?: string | null | undefined
  readonly color?: number | null | undefined
  readonly colors?: { readonly primary_color?: number | undefined } | null | undefined
  readonly hoist?: boolean | null | undefined
  readonly mentionable?: boolean | null | undefined
}

export class Roles {
  readonly #snowflakes: Snowflakes
  readonly #byId = new Map<string, APIRole>()

  /** The role that everybody has, with the guild's id, is there at once. */
  constructor(guildId: string, snowflakes: Snowflakes) {
    this.#snowflakes = snowflakes
    this.#put(guildId, "@everyone", {})
  }

  get all(): Array<APIRole> {
    return [...this.#byId.values()]
  }

  get(id: string): APIRole | undefined {
    return this.#byId.get(id)
  }

  make(patch: RolePatch): APIRole {
    return this.#put(this.#snowflakes.next(), patch.name ?? "new role", patch)
  }

  patch(role: APIRole, patch: RolePatch): APIRole {
    return this.#put(role.id, patch.name ?? role.name, patch, role)
  }

  remove(role: APIRole): void {
    this.#byId.delete(role.id)
  }

  /** What a new role is unless its maker says otherwise. */
  #plain(): Pick<APIRole, "color" | "hoist" | "mentionable" | "permissions" | "position"> {
    return {
      color: 0,
      hoist: false,
      mentionable: false,
      permissions: permissions.ofEverybody,
      position: this.#byId.size
    }
  }

  #put(id: string, name: string, patch: RolePatch, old?: APIRole): APIRole {
    const { hoist, mentionable, permissions: granted, position, ...before } = old ?? this.#plain()
    const color = patch.colors?.primary_color ?? patch.color ?? before.color
    const role: APIRole = {
      id,
      name,
      color,
      colors: { primary_color: color, secondary_color: null, tertiary_color: null },
      hoist: patch.hoist ?? hoist,
      icon: null,
      unicode_emoji: null,
      position,
      permissions: patch.permissions ?? granted,
      managed: false,
      mentionable: patch.mentionable ?? mentionable,
      flags: noFlags
    }
    this.#byId.set(id, role)
    return role
  }
}
