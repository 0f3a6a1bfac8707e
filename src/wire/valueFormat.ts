/**
 * How values lie in the flat array that threads hand each other. One array of texts and numbers costs least to clone, so
 * a struct is taken apart into its fields. What can't be taken apart is one text of JSON, if that says all of it; what is
 * more than JSON, such as bytes, a map, or a number that may be NaN, is one part as it is.
 *
 * ```text
 *   { id: 7, at: { x: 1, y: 2 }, tag: "a" | null }  lies as  7, 1, 2, "a"
 *   { id: 7, names: { [key]: "Ada" } }              lies as  7, '{"key":"Ada"}'
 *   { id: 7, sizes: { [key]: NaN } }                lies as  7, { [key]: NaN }
 *   { id: 7, bytes: Uint8Array }                    lies as  7, Uint8Array
 * ```
 *
 * The sender says once how a message lies, and the receiver reads it accordingly, whatever its own version of the schema.
 */
import type * as SchemaAST from "effect/SchemaAST"

/** A value that is one part: a text, a number and the like; a text of JSON; or anything that can be cloned. */
type Whole = "plain" | "json" | "cloned"

/** What is known of a value: it is one part, or has parts of its own. */
export type Description =
  | Whole
  | { readonly fields: ReadonlyArray<Field> }
  /** An array: how many there are, and then one after the other. */
  | { readonly each: Description }

/**
 * Optional fields come last, and have no parts of their own. One that is not there is `undefined`; where that may be its value
 * as well, its part is preceded by whether it is there.
 */
type Field =
  | readonly [name: string, Description]
  | readonly [name: string, Whole, "optional" | "perhaps undefined"]

/** Reads and writes values of one description. */
export interface ValueFormat {
  readonly description: Description
  /** There are parts that may be bytes. */
  readonly mayBeBytes: boolean
  readonly write: (value: unknown, into: Array<unknown>) => void
  readonly read: (parts: Parts) => unknown
}

/** A flat array, and how far it has been read. */
export class Parts {
  readonly all: ReadonlyArray<unknown>
  at = 0

  constructor(all: ReadonlyArray<unknown>) {
    this.all = all
  }

  next(): unknown {
    return this.all[this.at++]
  }

  number(): number {
    const part = this.next()
    if (typeof part !== "number") throw new TypeError(`a number was expected, not ${String(part)}`)
    return part
  }
}

/**
 * Describes values of a schema's encoded form.
 *
 * **Details**
 * - Where code must not be generated, structs are not taken apart.
 * - Optional fields come last, and are one part each.
 */
export const describe = (ast: SchemaAST.AST): Description => {
  if (isPlain(ast)) return "plain"
  if (ast._tag === "Arrays") return describeArray(ast)
  return ast._tag === "Objects" && canCompile ? describeStruct(ast) : whole(ast)
}

/** An array of elements that are all alike. */
const describeArray = (ast: SchemaAST.Arrays): Description => {
  if (ast.rest.length !== 1) return whole(ast)
  // An array that is never empty is one element and the rest of them.
  const [each, ...others] = [...ast.elements, ...ast.rest].filter((element, index, all) => element !== all[index - 1])
  return each !== undefined && others.length === 0 ? { each: describe(each) } : whole(ast)
}

/** A struct whose fields are all known. */
const describeStruct = (ast: SchemaAST.Objects): Description => {
  if (ast.propertySignatures.length === 0 || ast.indexSignatures.length > 0) return whole(ast)
  const required: Array<Field> = []
  const optional: Array<Field> = []
  for (const { name, type } of ast.propertySignatures) {
    if (typeof name !== "string" || name === "__proto__") return whole(ast)
    if (type.context?.isOptional !== true) required.push([name, describe(type)])
    else optional.push([name, whole(type), mayBeUndefined(type) ? "perhaps undefined" : "optional"])
  }
  return { fields: [...required, ...optional] }
}

/** One part: as it is, as JSON, or cloned. */
const whole = (ast: SchemaAST.AST): Whole => isPlain(ast) ? "plain" : isJson(ast) ? "json" : "cloned"

/**
 * JSON says all there is of a value: it has no number, which may be NaN or -0, and nothing that is undefined. A schema that
 * refers to itself isn't looked through.
 */
const isJson = (ast: SchemaAST.AST): boolean => {
  switch (ast._tag) {
    case "Boolean":
    case "Null":
    case "String":
    case "TemplateLiteral":
      return true
    case "Enum":
      return ast.enums.every(([, value]) => !Object.is(value, -0))
    case "Literal":
      return typeof ast.literal !== "bigint" && !Object.is(ast.literal, -0)
    case "Union":
      return ast.types.every(isJson)
    case "Arrays":
      return [...ast.elements, ...ast.rest].every(isJson)
    case "Objects":
      return !isAnyObject(ast) && [...ast.propertySignatures, ...ast.indexSignatures].every(({ type }) => isJson(type))
    default:
      return false
  }
}

/** `{}`, which any value but `null` and `undefined` matches. */
const isAnyObject = (ast: SchemaAST.Objects): boolean =>
  ast.propertySignatures.length + ast.indexSignatures.length === 0

/** The schemas of texts, numbers and the like, whose values are one part each. */
const plainTags: ReadonlySet<SchemaAST.AST["_tag"]> = new Set([
  "BigInt",
  "Boolean",
  "Enum",
  "Literal",
  "Never",
  "Null",
  "Number",
  "String",
  "TemplateLiteral",
  "Undefined",
  "Void"
])

/** Whether all values of a schema are one text, number or the like. */
const isPlain = (ast: SchemaAST.AST): boolean =>
  plainTags.has(ast._tag) || (ast._tag === "Union" && ast.types.every(isPlain))

/** Whether `undefined` is a value of a schema. */
const mayBeUndefined = (ast: SchemaAST.AST): boolean => {
  switch (ast._tag) {
    case "Undefined":
    case "Void":
      return true
    case "Arrays":
      return false
    case "Objects":
      return isAnyObject(ast)
    case "Union":
      return ast.types.some(mayBeUndefined)
    default:
      return !plainTags.has(ast._tag)
  }
}

/** What is read as a description was written as one. */
export const asDescription = (part: unknown): Description => {
  if (part === "plain" || part === "json" || part === "cloned" || isStructured(part)) return part
  throw new TypeError(`a description was expected, not ${String(part)}`)
}

const isStructured = (part: unknown): part is Exclude<Description, string> =>
  typeof part === "object" && part !== null && ("fields" in part || "each" in part)

/** Makes what reads and writes values of a description. */
export const make = (description: Description): ValueFormat => {
  if (description === "plain") return plain
  if (description === "json") return json
  if (description === "cloned") return cloned
  return "each" in description ? array(description) : struct(description)
}

/** One part, as it is. */
const onePart = (description: "plain" | "cloned"): ValueFormat => ({
  description,
  mayBeBytes: description === "cloned",
  write: (value, into) => void into.push(value),
  read: (parts) => parts.next()
})

/** One part that is a text, a number or the like. */
export const plain = onePart("plain")
/** One part that structured clone copies, bytes among others. */
export const cloned = onePart("cloned")

/** One text of JSON. */
export const json: ValueFormat = {
  description: "json",
  mayBeBytes: false,
  write: (value, into) => void into.push(value === undefined ? undefined : JSON.stringify(value)),
  read: (parts) => {
    const text = parts.next()
    return typeof text === "string" ? JSON.parse(text) : undefined
  }
}

/** The number of elements, and then each of them. */
const array = (description: { readonly each: Description }): ValueFormat => {
  const each = make(description.each)
  return {
    description,
    mayBeBytes: each.mayBeBytes,
    write: (value, into) => {
      if (!Array.isArray(value)) throw new TypeError("it is no array")
      into.push(value.length)
      for (const item of value) each.write(item, into)
    },
    read: (parts) => {
      const length = parts.number()
      const values: Array<unknown> = []
      while (values.length < length) values.push(each.read(parts))
      return values
    }
  }
}

/**
 * The fields, one after the other.
 *
 * **Details**
 * - Compiled: to name each field by a variable would cost more than all else that happens to a small message.
 * - The description comes from a thread of this process. Names of fields stand in the code as JSON texts only.
 */
const struct = (description: { readonly fields: ReadonlyArray<Field> }): ValueFormat => {
  const inner: Array<ValueFormat> = []
  const writes: Array<string> = []
  const required: Array<string> = []
  const optional: Array<string> = []
  description.fields.forEach(([name, how, isOptional], index) => {
    const key = JSON.stringify(name)
    const by = how === "plain" ? undefined : `inner[${inner.push(make(how)) - 1}]`
    const read = by === undefined ? "parts.next()" : `${by}.read(parts)`
    const write = (field: string) => by === undefined ? `into.push(${field})` : `${by}.write(${field}, into)`
    // A field that is not there must not be taken from what all objects have.
    const isThere = name in Object.prototype ? `Object.hasOwn(value, ${key})` : `${key} in value`
    if (isOptional === undefined) {
      writes.push(write(`value[${key}]`))
      required.push(`${key}: ${read}`)
    } else if (isOptional === "optional") {
      writes.push(write(name in Object.prototype ? `${isThere} ? value[${key}] : undefined` : `value[${key}]`))
      optional.push(`const part${index} = ${read}`, `if (part${index} !== undefined) value[${key}] = part${index}`)
    } else {
      writes.push(
        `const has${index} = ${isThere}`,
        `into.push(has${index})`,
        write(`has${index} ? value[${key}] : undefined`)
      )
      optional.push(
        `const has${index} = parts.next() === true`,
        `const part${index} = ${read}`,
        `if (has${index}) value[${key}] = part${index}`
      )
    }
  })
  const compiled: Pick<ValueFormat, "read" | "write"> = new Function(
    "inner",
    `return {
      write(value, into) { ${writes.join("; ")} },
      read(parts) { const value = { ${required.join(", ")} }; ${optional.join("; ")}; return value }
    }`
  )(inner)
  return {
    description,
    mayBeBytes: inner.some(({ mayBeBytes }) => mayBeBytes),
    write: compiled.write,
    read: compiled.read
  }
}

/** Code may be made at run time, which `node --disallow-code-generation-from-strings` forbids. */
const canCompile = ((): boolean => {
  try {
    return new Function("return true")()
  } catch {
    return false
  }
})()
