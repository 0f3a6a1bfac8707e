/** Tells which members of a union may look the same in their encoded forms. */
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

const meet = (one: Form, other: Form): boolean => {
  if (one.kind === "anything" || other.kind === "anything") return true
  if (one.kind !== other.kind) return false
  if ("only" in one && "only" in other) return one.only === other.only
  if (one.native !== undefined && other.native !== undefined) return one.native === other.native
  for (const [name, literal] of one.literals ?? []) {
    const another = other.literals?.has(name) === true ? other.literals.get(name) : literal
    if (another !== literal) return false
  }
  return true
}

/** What is known of the form of a schema that another one refers to, which may not be derived yet. */
export const referred = (ast: SchemaAST.Suspend): SchemaAST.AST => {
  let to = ast.thunk()
  for (let last = to.encoding?.at(-1); last !== undefined; last = to.encoding?.at(-1)) to = last.to
  return to._tag === "Objects" || to._tag === "Arrays" ? to : unknown
}

const unknown = new SchemaAST.Unknown()

const anything: ReadonlyArray<Form> = [{ kind: "anything" }]

const formsOf = (ast: SchemaAST.AST): ReadonlyArray<Form> => {
  switch (ast._tag) {
    case "Never":
      return []
    case "Null":
      return [{ kind: "null" }]
    case "Undefined":
      return [{ kind: "undefined" }]
    case "String":
    case "TemplateLiteral":
      return [{ kind: "string" }]
    case "Number":
      return [{ kind: "number" }]
    case "Boolean":
      return [{ kind: "boolean" }]
    case "BigInt":
      return [{ kind: "bigint" }]
    case "Literal":
      return [ofLiteral(ast.literal)]
    case "Enum":
      return ast.enums.map(([, value]) => ofLiteral(value))
    case "Union":
      return ast.types.flatMap(formsOf)
    case "Arrays":
      return [{ kind: "array", literals: literalsOf(ast.elements.map((type, index) => [String(index), type])) }]
    case "Objects":
      return ast.propertySignatures.length === 0 && ast.indexSignatures.length === 0
        ? anything
        : [{
          kind: "object",
          literals: literalsOf(ast.propertySignatures.map(({ name, type }) => [String(name), type]))
        }]
    case "Any": {
      const name = carriedAs(ast)?.name
      return name === undefined ? anything : [{ kind: "object", native: name }]
    }
    case "Declaration":
      return ast.typeParameters.length > 0
        ? [{ kind: "object", native: ast.typeParameters.length === 1 ? "Set" : "Map" }]
        : anything
    default:
      return anything
  }
}

const ofLiteral = (only: SchemaAST.LiteralValue): Form => {
  const kind = typeof only
  return kind === "string" || kind === "number" || kind === "boolean" || kind === "bigint"
    ? { kind, only }
    : { kind: "anything" }
}

const literalsOf = (
  parts: ReadonlyArray<readonly [name: string, type: SchemaAST.AST]>
): ReadonlyMap<string, unknown> =>
  new Map(
    parts.flatMap(([name, type]): ReadonlyArray<readonly [string, unknown]> =>
      type._tag === "Literal" && type.context?.isOptional !== true ? [[name, type.literal]] : []
    )
  )
