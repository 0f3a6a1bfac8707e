/**
 * Finds in the encoded form of a schema what a message has to copy or move, so that all else costs nothing.
 *
 * ```text
 *   encoded form                     what is done to its values
 *   texts, numbers, literals         nothing
 *   a struct, an array of those      nothing: encoding has built it for this message
 *   bytes                            copied, or moved if the schema says so
 *   Unknown, dates and the like      a snapshot ([snapshot.ts](snapshot.ts))
 *   a struct with such a field       the field is replaced in place
 * ```
 */
import type * as SchemaAST from "effect/SchemaAST"
import { some, someOnTheWay } from "./ast.ts"
import { carriedAs } from "./carried.ts"
import { ofPart } from "./notClonable.ts"
import { borrowBytes, copyBytes, copyDate, moveBytes, type Moving, snapshot } from "./snapshot.ts"

/** Copies what a value holds that is not the message's own. What encoding has built may be changed in place. */
export type Settle = (value: unknown, moving: Moving) => unknown

/**
 * Makes what settles the values of a schema's encoded form; undefined if nothing has to be done to them.
 *
 * **Details**
 * - It is made once for each node of a schema.
 */
export const make = (ast: SchemaAST.AST): Settle | undefined => {
  const known = made.get(ast)
  if (known !== undefined) return known === nothing ? undefined : known
  const settle = makeEndpoint(ast)
  made.set(ast, settle ?? nothing)
  return settle
}

/**
 * The same for a message that is posted in this tick, while its sender waits: posting copies large byte arrays, so they are not
 * copied before. That goes for a message that is bytes, and for fields of a struct.
 */
export const makeBorrowing = (ast: SchemaAST.AST): Settle | undefined =>
  ast._tag === "Objects" ? objectOf(ast, borrowing) : borrowing(ast)

const borrowing = (ast: SchemaAST.AST): Settle | undefined => {
  const settle = make(ast)
  return settle === copyBytes ? borrowBytes : settle
}

const made = new WeakMap<SchemaAST.AST, Settle>()
const nothing: Settle = (value) => value

/**
 * Whether bytes that shall move lie where a snapshot of everything is taken, or may lie so.
 *
 * **Details**
 * - Then the codec has to say by an effect what moves, which costs as much as all else of a message.
 * - `derived` is the whole schema, `encoded` its encoded form.
 */
export const hidesMoves = (derived: SchemaAST.AST, encoded: SchemaAST.AST): boolean => {
  const isMoved = (ast: SchemaAST.AST): boolean => carriedAs(ast)?.kind === "moved"
  if (!someOnTheWay(derived, isMoved)) return false
  // What refers to itself is another tree each time that it is encoded, and has no end.
  if (someOnTheWay(derived, (ast) => ast._tag === "Suspend")) return true
  return some(encoded, (ast) => make(ast) === snapshot && some(ast, isMoved))
}

/** How a value of one end of a schema is settled; nothing if nothing in it can change. */
const makeEndpoint = (ast: SchemaAST.AST): Settle | undefined => {
  switch (ast._tag) {
    case "Any":
      return ofCarried(ast)
    case "Unknown":
    case "ObjectKeyword":
    case "Declaration":
      return snapshot
    case "Arrays":
      return arrayOf(ast)
    case "Objects":
      return objectOf(ast)
    case "Union":
      return unionOf(ast.types)
    case "Suspend": {
      // It refers to what is being looked at, so it is looked at when a value comes.
      let inner: Settle | undefined
      return (value, moving) => (inner ??= make(ast.thunk()) ?? nothing)(value, moving)
    }
    default:
      return undefined
  }
}

/** Of a node that lets values through as they are. */
const ofCarried = (ast: SchemaAST.AST): Settle => {
  const carried = carriedAs(ast)
  if (carried?.kind === "native" && carried.name === "Date") return copyDate
  return carried?.kind === "bytes" ? copyBytes : carried?.kind === "moved" ? moveBytes : snapshot
}

/** Settles a part of a value. If that can't be sent, the error says where it is. */
const at = (key: PropertyKey, settle: Settle, value: unknown, moving: Moving): unknown => {
  try {
    return settle(value, moving)
  } catch (error) {
    throw ofPart(key, error)
  }
}

/** Of an array: each element that has something to copy. Elements after a rest are found only by a snapshot. */
const arrayOf = (ast: SchemaAST.Arrays): Settle | undefined => {
  const elements = ast.elements.map(make)
  const [rest, ...last] = ast.rest.map(make)
  if ([...elements, rest, ...last].every((settle) => settle === undefined)) return undefined
  if (last.length > 0) return snapshot
  return (value, moving) => {
    if (!Array.isArray(value)) return value
    for (let index = 0; index < value.length; index++) {
      const settle = index < elements.length ? elements[index] : rest
      if (settle !== undefined) value[index] = at(index, settle, value[index], moving)
    }
    return value
  }
}

/** Of a struct or record: the fields that have something to copy. Where fields and index signatures mix, it is a snapshot. */
const objectOf = (ast: SchemaAST.Objects, makeField = make): Settle | undefined => {
  // An object without fields is anything but null and undefined, and passes as it is.
  if (ast.propertySignatures.length === 0 && ast.indexSignatures.length === 0) return snapshot
  const fields = ast.propertySignatures.flatMap(({ name, type }) => {
    const settle = makeField(type)
    return settle === undefined ? [] : [[name, settle] as const]
  })
  const entries = ast.indexSignatures.map(({ type }) => make(type))
  if (entries.some((settle) => settle !== undefined)) {
    return entries.length > 1 || fields.length > 0
      ? snapshot
      : recordOf(entries[0])
  }
  if (fields.length === 0) return undefined
  if (fields.some(([name]) => name === "__proto__")) return snapshot
  return (value, moving) => {
    if (!isRecord(value)) return value
    for (const [name, settle] of fields) {
      if (Object.hasOwn(value, name)) value[name] = at(name, settle, value[name], moving)
    }
    return value
  }
}

/** Of a record: all of its values. */
const recordOf = (settle: Settle = nothing): Settle => (value, moving) => {
  if (!isRecord(value)) return value
  for (const name of Object.keys(value)) {
    const settled = at(name, settle, value[name], moving)
    if (name === "__proto__") Object.defineProperty(value, name, { value: settled })
    else value[name] = settled
  }
  return value
}

const isRecord = (value: unknown): value is Record<PropertyKey, unknown> => typeof value === "object" && value !== null

/** Members that are one part each have nothing to copy; of the others there may be one, or they are told apart by a field. */
const unionOf = (types: ReadonlyArray<SchemaAST.AST>): Settle | undefined => {
  const settles = types.map(make)
  const concerned = settles.filter((settle) => settle !== undefined)
  const [only] = concerned
  if (only === undefined) return undefined
  const objects = types.filter((type) => !isPrimitive(type))
  if (objects.length === 1) return only
  return byTag(objects, objects.map(make)) ?? snapshot
}

/** Of structs or tuples that are told apart by one literal: a look into a table. Undefined if there is no such literal. */
const byTag = (
  types: ReadonlyArray<SchemaAST.AST>,
  settles: ReadonlyArray<Settle | undefined>
): Settle | undefined => {
  const [first] = types
  const tags = first === undefined ? [] : tagsOf(first)
  for (const [name] of tags) {
    const table = new Map<unknown, Settle | undefined>(
      types.map((type, index) => [literalAt(type, name), settles[index]])
    )
    if (table.size === types.length && !table.has(undefined)) {
      return (value, moving) => isRecord(value) ? table.get(value[name])?.(value, moving) ?? value : value
    }
  }
  return undefined
}

/** The fields of a struct, or the elements of a tuple, that are one literal. */
const tagsOf = (ast: SchemaAST.AST): ReadonlyArray<readonly [name: PropertyKey, literal: SchemaAST.LiteralValue]> => {
  const parts: ReadonlyArray<readonly [PropertyKey, SchemaAST.AST]> = ast._tag === "Objects"
    ? ast.propertySignatures.map(({ name, type }) => [name, type])
    : ast._tag === "Arrays"
    ? ast.elements.map((type, index) => [index, type])
    : []
  return parts.flatMap(([name, type]) =>
    type._tag === "Literal" && type.context?.isOptional !== true ? [[name, type.literal]] : []
  )
}

/** The literal that a field or an element is. */
const literalAt = (ast: SchemaAST.AST, name: PropertyKey): SchemaAST.LiteralValue | undefined =>
  tagsOf(ast).find(([other]) => other === name)?.[1]

/** Whether all values of a schema are one part that nobody can change. */
const isPrimitive = (ast: SchemaAST.AST): boolean => {
  switch (ast._tag) {
    case "Any":
    case "Unknown":
    case "ObjectKeyword":
    case "Declaration":
    case "Objects":
    case "Arrays":
    case "Suspend":
      return false
    case "Union":
      return ast.types.every(isPrimitive)
    default:
      return true
  }
}
