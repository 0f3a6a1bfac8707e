/** Texts by chance. */
import * as fc from "fast-check"

const codePoints = fc.oneof(
  fc.integer({ min: 0, max: 0x7f }),
  fc.integer({ min: 0, max: 0xd7ff }),
  fc.integer({ min: 0xe000, max: 0x10ffff })
)

/**
 * A text of any code points, now and then one that objects have as a name.
 *
 * `fc.string({ unit: "binary" })` gives the same, and takes more than a second to be made.
 */
export const texts = (maxLength = 40): fc.Arbitrary<string> =>
  fc.oneof(
    {
      weight: 19,
      arbitrary: fc.array(codePoints, { maxLength }).map((points) => String.fromCodePoint(...points))
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom("__proto__", "constructor", "toString", "valueOf", "hasOwnProperty")
    }
  )
