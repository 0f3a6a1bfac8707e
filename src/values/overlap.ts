/**
 * Finds members of a union that may look the same in their encoded forms. Such a union needs a mark on the wire that says which
 * member a value is.
 */
import * as SchemaAST from "effect/SchemaAST"
import { carriedAs } from "./carried.ts"

/** Whether a value may have both of two encoded forms, as far as that is known without looking into it. */
export const overlap = (one: SchemaAST.AST, other: SchemaAST.AST): boolean => {
  const others = formsOf(other)
  return formsOf(one).some((form) => others.some((another) => meet(form, another)))
}

/** Everything of one kind, or one value of it. Objects may be told apart by a class, or by fields and elements that are one literal. */
interface Form {
  readonly kind: "string" | "number" | "boolean" | "bigint" | "null" | "undefined" | "array" | "object" | "anything"
  readonly only?: unknown
  readonly native?: string
  readonly literals?: ReadonlyMap<string, unknown>
}

/** Whether a value may have both forms. */
const meet = (one: Form, other: Form): boolean => {
  if (one.kind === "anything" || other.kind === "anything") return true
  if (one.kind !== other.kind) return false
  if ("only" in one && "only" in other) return one.only === other.only
  if (one.native !== undefined && other.native !== undefined) return one.native === other.native
  return sameLiterals(one.literals, other.literals)
}

/** Fields and elements that are one literal in both have to be the same literal. */
const sameLiterals = (one: Form["literals"], other: Form["literals"]): boolean =>
  one === undefined || other === undefined ||
  Array.from(one).every(([name, literal]) => !other.has(name) || other.get(name) === literal)

/** What is known of the form of a schema that another one refers to, which may not be derived yet. */
export const referred = (ast: SchemaAST.Suspend): SchemaAST.AST => {
  let to = ast.thunk()
  for (let last = to.encoding?.at(-1); last !== undefined; last = to.encoding?.at(-1)) to = last.to
  return to._tag === "Objects" || to._tag === "Arrays" ? to : unknown
}

const unknown = new SchemaAST.Unknown()

const anything: ReadonlyArray<Form> = [{ kind: "anything" }]

/** The schemas all of whose values are of one kind. */
const kinds: ReadonlyMap<SchemaAST.AST["_tag"], Form["kind"]> = new Map([
  ["Null", "null"],
  ["Undefined", "undefined"],
  ["String", "string"],
  ["TemplateLiteral", "string"],
  ["Number", "number"],
  ["Boolean", "boolean"],
  ["BigInt", "bigint"]
])

/** The forms that the values of a schema may have, in which nothing encoded is looked through. */
const formsOf = (ast: SchemaAST.AST): ReadonlyArray<Form> => {
  const kind = kinds.get(ast._tag)
  if (kind !== undefined) return [{ kind }]
  switch (ast._tag) {
    case "Never":
      return []
    case "Literal":
      return [ofLiteral(ast.literal)]
    case "Enum":
      return ast.enums.map(([, value]) => ofLiteral(value))
    case "Union":
      return ast.types.flatMap(formsOf)
    case "Arrays":
      return [{ kind: "array", literals: literalsOf(ast.elements.map((type, index) => [String(index), type])) }]
    case "Objects":
      return ofObject(ast)
    case "Any":
      return ofNative(carriedAs(ast)?.name)
    case "Declaration":
      return ofNative(collectionOf(ast))
    default:
      return anything
  }
}

/** A declaration with parameters is one of Effect's collections. */
const collectionOf = ({ typeParameters }: SchemaAST.Declaration): string | undefined =>
  typeParameters.length === 0 ? undefined : typeParameters.length === 1 ? "Set" : "Map"

/** A struct or a record. */
const ofObject = (ast: SchemaAST.Objects): ReadonlyArray<Form> =>
  ast.propertySignatures.length === 0 && ast.indexSignatures.length === 0
    ? anything
    : [{ kind: "object", literals: literalsOf(ast.propertySignatures.map(({ name, type }) => [String(name), type])) }]

/** An object of a class that structured clone knows. */
const ofNative = (native: string | undefined): ReadonlyArray<Form> =>
  native === undefined ? anything : [{ kind: "object", native }]

/** One value. */
const ofLiteral = (only: SchemaAST.LiteralValue): Form => {
  const kind = typeof only
  return kind === "string" || kind === "number" || kind === "boolean" || kind === "bigint"
    ? { kind, only }
    : { kind: "anything" }
}

/** The fields or elements that are one literal, and always there. */
const literalsOf = (
  parts: ReadonlyArray<readonly [name: string, type: SchemaAST.AST]>
): ReadonlyMap<string, unknown> =>
  new Map(
    parts.flatMap(([name, type]): ReadonlyArray<readonly [string, unknown]> =>
      type._tag === "Literal" && type.context?.isOptional !== true ? [[name, type.literal]] : []
    )
  )
