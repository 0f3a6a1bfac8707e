/** What another version of a protocol, or chance, may send. */
import { assert, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { CodecIssue, translatorOf } from "../../src/wire/translator.ts"
import * as valueFormat from "../../src/wire/valueFormat.ts"
import { samples } from "./schemas.ts"

const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true })

it("D6: Whatever arrives decodes to a value of the schema, or is complained of, and nothing is thrown.", () => {
  fc.assert(
    fc.property(samples, anything, ({ sample: { schema } }, wire) => {
      const translator = translatorOf(schema)
      const arrived = translator.decode(wire)
      if (!(arrived instanceof CodecIssue)) assert.isTrue(Schema.is(schema)(arrived))
    }),
    { numRuns: 500 }
  )
})

it("D6: What is encoded for one schema and read for another is complained of, or is a value of it.", () => {
  fc.assert(
    fc.property(samples, samples, ({ sample: { schema }, values }, { sample: { schema: other } }) => {
      for (const value of values) {
        const encoded = translatorOf(schema).encode(value)
        if (encoded instanceof CodecIssue) throw new Error(encoded.text)
        const parts: Array<unknown> = []
        encoded.format.write(encoded.value, parts)
        const how = valueFormat.make(valueFormat.asDescription(structuredClone(encoded.format.description)))
        const arrived = translatorOf(other).decode(how.read(new valueFormat.Parts(parts)))
        if (!(arrived instanceof CodecIssue)) assert.isTrue(Schema.is(other)(arrived))
      }
    }),
    { numRuns: 500 }
  )
})

it("D6: Whatever is sent is encoded, or is complained of, and nothing is thrown.", () => {
  const odd = fc.oneof(
    anything,
    fc.constantFrom<unknown>(
      () => 1,
      Symbol("a"),
      new Proxy({}, {
        ownKeys: () => {
          throw new Error("never")
        }
      }),
      Object.defineProperty({}, "a", {
        enumerable: true,
        get: () => {
          throw new Error("never")
        }
      }),
      new WeakMap(),
      Promise.resolve(),
      globalThis
    )
  )
  fc.assert(
    fc.property(
      fc.oneof(samples.map(({ sample: { schema } }) => schema), fc.constantFrom(Schema.Unknown, Schema.Any)),
      odd,
      (schema, value) => {
        const encoded = translatorOf(schema).encode(value)
        // What was let through can be posted.
        if (!(encoded instanceof CodecIssue)) structuredClone(encoded.value)
      }
    ),
    { numRuns: 1000 }
  )
})
