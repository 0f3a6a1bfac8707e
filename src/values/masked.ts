/** Hides what a schema calls redacted from those who read its JSON. */
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { childrenOf, copyAst, encodeTo, rebuild } from "./ast.ts"

const mask = "<redacted>"

const masking = SchemaTransformation.transform<unknown, string>({ decode: (shown) => shown, encode: () => mask })

const known = new WeakMap<SchemaAST.AST, SchemaAST.AST>()

/** The same schema, whose redacted parts are encoded to a text that says so. What is encoded by it can't be decoded. */
export const masked = (ast: SchemaAST.AST): SchemaAST.AST => {
  const made = known.get(ast)
  if (made !== undefined) return made
  const hidden = isRedacted(ast) ? encodeTo(ast, Schema.String.ast, masking) : maskedParts(ast)
  known.set(ast, hidden)
  return hidden
}

/** Whether a schema calls anything redacted. */
export const isMasked = (ast: SchemaAST.AST, seen = new Set<SchemaAST.AST>()): boolean => {
  if (seen.has(ast)) return false
  seen.add(ast)
  const parts = [...childrenOf(ast), ...(ast.encoding ?? []).map(({ to }) => to)]
  return isRedacted(ast) || parts.some((part) => isMasked(part, seen))
}

const maskedParts = (ast: SchemaAST.AST): SchemaAST.AST => {
  const body = rebuild(ast, masked)
  const [first, ...rest] = ast.encoding ?? []
  return first === undefined
    ? body
    : copyAst<SchemaAST.AST>(body, { encoding: [maskedLink(first), ...rest.map(maskedLink)] })
}

const maskedLink = ({ to, transformation }: SchemaAST.Link): SchemaAST.Link =>
  new SchemaAST.Link(masked(to), transformation)

const isRedacted = (ast: SchemaAST.AST): boolean => {
  const representation: unknown = ast._tag === "Declaration" ? ast.annotations?.["representation"] : undefined
  return typeof representation === "object" && representation !== null && "id" in representation &&
    representation.id === "effect/schema/Redacted"
}
