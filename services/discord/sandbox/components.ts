/** Buttons, menus and forms: what a request may say of them, and what people did with them. */
import * as Schema from "effect/Schema"
import { invalidForm, type Reply } from "./replies.ts"

export const ComponentType = {
  row: 1,
  button: 2,
  stringSelect: 3,
  textInput: 4,
  userSelect: 5,
  roleSelect: 6,
  mentionableSelect: 7,
  channelSelect: 8,
  label: 18
} as const

/** Style of a button that opens a page. The bot is not told that it was pressed. */
export const linkStyle = 5
/** Style of a button that costs money. */
const premiumStyle = 6

/** A component as far as the sandbox looks into it; what else it has is kept. */
export interface Component {
  readonly type: number
  readonly id?: number
  readonly custom_id?: string
  readonly disabled?: boolean
  readonly style?: number
  readonly label?: string | null
  readonly url?: string
  readonly min_values?: number
  readonly max_values?: number
  readonly min_length?: number
  readonly max_length?: number
  readonly required?: boolean
  readonly content?: string
  readonly placeholder?: string | null
  readonly emoji?: { readonly name?: string | null }
  readonly options?: ReadonlyArray<
    { readonly label: string; readonly value: string; readonly description?: string | null }
  >
  readonly components?: ReadonlyArray<Component>
  readonly component?: Component
  readonly accessory?: Component
}

const absent = Schema.optionalKey
const Component: Schema.Codec<Component> = Schema.Struct({
  type: Schema.Int,
  id: absent(Schema.Int),
  custom_id: absent(Schema.String),
  disabled: absent(Schema.Boolean),
  style: absent(Schema.Int),
  label: absent(Schema.NullOr(Schema.String)),
  url: absent(Schema.String),
  min_values: absent(Schema.Int),
  max_values: absent(Schema.Int),
  min_length: absent(Schema.Int),
  max_length: absent(Schema.Int),
  required: absent(Schema.Boolean),
  content: absent(Schema.String),
  placeholder: absent(Schema.NullOr(Schema.String)),
  emoji: absent(Schema.Struct({ name: absent(Schema.NullOr(Schema.String)) })),
  options: absent(Schema.Array(
    Schema.Struct({ label: Schema.String, value: Schema.String, description: absent(Schema.NullOr(Schema.String)) })
  )),
  components: absent(Schema.Array(Schema.suspend((): Schema.Codec<Component> => Component))),
  component: absent(Schema.suspend((): Schema.Codec<Component> => Component)),
  accessory: absent(Schema.suspend((): Schema.Codec<Component> => Component))
})

// Not decoded: what the schema does not name is kept.
const areComponents = Schema.is(Schema.Array(Component))

/** A component and all within it. */
export const within = (component: Component): ReadonlyArray<Component> =>
  [
    component,
    ...component.components ?? [],
    ...component.component === undefined ? [] : [component.component],
    ...component.accessory === undefined ? [] : [component.accessory]
  ].flatMap((inner) => inner === component ? [inner] : within(inner))

/** The component with this custom id. */
export const find = (components: ReadonlyArray<Component>, customId: string): Component | undefined =>
  components.flatMap(within).find(({ custom_id }) => custom_id === customId)

const isInteractive = ({ style, type }: Component): boolean =>
  type === ComponentType.button ?
    style !== linkStyle && style !== premiumStyle :
    (type >= ComponentType.stringSelect && type <= ComponentType.channelSelect)

const refuse = (detail: string): Reply => invalidForm("components", "BASE_TYPE_BAD_TYPE", detail)

const problemOfRow = ({ components = [], type }: Component): string | undefined => {
  if (type !== ComponentType.row) return undefined
  if (components.length === 0) return "An action row has 1 to 5 components."
  const buttons = components.filter(({ type }) => type === ComponentType.button).length
  if (components.length > 5) return "An action row has 1 to 5 components."
  if (buttons !== components.length && components.length > 1) return "A menu needs an action row of its own."
  return undefined
}

const problemOf = (component: Component): string | undefined => {
  const { custom_id, options, style, type, url } = component
  if (type === ComponentType.button && style === linkStyle) {
    return url === undefined ? "A link button needs a url." : undefined
  }
  if (isInteractive(component) && (custom_id === undefined || custom_id.length < 1 || custom_id.length > 100)) {
    return "custom_id: Must be between 1 and 100 in length."
  }
  if (type === ComponentType.stringSelect && (options === undefined || options.length < 1 || options.length > 25)) {
    return "options: Must be between 1 and 25 in length."
  }
  return problemOfRow(component)
}

/** Reads components and gives each an id, or says what Discord would not take. */
export const read = (value: unknown): ReadonlyArray<Component> | Reply => {
  if (!areComponents(value)) return refuse("Not a list of components.")
  const all = value.flatMap(within)
  const problem = all.map(problemOf).find((problem) => problem !== undefined)
  if (problem !== undefined) return refuse(problem)
  const ids = all.flatMap(({ custom_id }) => custom_id ?? [])
  if (new Set(ids).size < ids.length) return refuse("Component custom id cannot be duplicated")
  if (value.filter(({ type }) => type === ComponentType.row).length > 5) return refuse("Must be 5 or fewer rows.")
  return numbered(value)
}

/** Gives ids to the components that have none, in the order in which Discord counts them. */
const numbered = (components: ReadonlyArray<Component>): ReadonlyArray<Component> => {
  const taken = new Set(components.flatMap(within).flatMap(({ id }) => id === undefined || id === 0 ? [] : [id]))
  let last = 0
  const next = (): number => {
    do last += 1
    while (taken.has(last))
    return last
  }
  const number = (component: Component): Component => ({
    ...component,
    id: component.id === undefined || component.id === 0 ? next() : component.id,
    ...(component.components === undefined ? {} : { components: component.components.map(number) }),
    ...(component.component === undefined ? {} : { component: number(component.component) }),
    ...(component.accessory === undefined ? {} : { accessory: number(component.accessory) })
  })
  return components.map(number)
}
