import { assert, describe, it } from "@effect/vitest"
import type { Row } from "../../src/cluster/tables.ts"
import * as views from "../../src/cluster/view.ts"

const row = (id: number, change: Partial<Row> = {}): Row => ({
  id,
  address: `10.0.0.${id}:7400`,
  session: `${id}`,
  condemned: false,
  isGone: false,
  ...change
})

/** Looks every half second, from 0 on, and takes in who answers at each look. */
const watched = (
  looks: ReadonlyArray<
    { readonly rows: ReadonlyArray<Row>; readonly answers?: ReadonlyArray<number>; readonly at?: number }
  >
): views.View => {
  let view = views.empty
  for (const [index, { answers = [], at = index * views.lookMillis, rows }] of looks.entries()) {
    view = views.looked(view, rows, at)
    for (const id of answers) view = views.answered(view, id, at)
  }
  return view
}

const ids = (rows: ReadonlyArray<Row>): ReadonlyArray<number> => rows.map(({ id }) => id)

describe("what a machine makes of what it sees", () => {
  it("N3: A machine is put out when it has been silent for the failover time less its notice, and not before.", () => {
    const silent = { rows: [row(1)] }
    const until = (looks: number) =>
      watched([{ ...silent, answers: [1] }, ...Array.from({ length: looks }, () => silent)])
    assert.deepStrictEqual(ids(views.silent(until(3), 3000)), [])
    assert.deepStrictEqual(ids(views.silent(until(4), 3000)), [1])
  })

  it("N3: A machine that has just entered has time to listen.", () => {
    const looks = (count: number) => watched(Array.from({ length: count }, () => ({ rows: [row(1)] })))
    assert.deepStrictEqual(ids(views.silent(looks(20), 3000)), [])
    assert.deepStrictEqual(ids(views.silent(looks(26), 3000)), [1])
  })

  it("N3: A machine that stood still itself puts nobody out.", () => {
    const view = watched([
      { rows: [row(1)], answers: [1] },
      { rows: [row(1)], at: 60_000 }
    ])
    assert.deepStrictEqual(ids(views.silent(view, 3000)), [])
  })

  it("N3: A machine whose session is gone is forgotten at the second look, one that is condemned after its notice.", () => {
    const gone = { rows: [row(1, { isGone: true }), row(2, { condemned: true })] }
    assert.deepStrictEqual(ids(views.over(watched([gone]))), [])
    assert.deepStrictEqual(ids(views.over(watched([gone, gone]))), [1])
    assert.deepStrictEqual(ids(views.over(watched([gone, gone, gone]))), [1, 2])
    assert.deepStrictEqual(ids(views.silent(watched([gone, gone, gone]), 2000)), [])
  })

  it("N3: A machine that has left is noticed, and one at its address is not taken for it.", () => {
    const before = watched([{ rows: [row(1), row(2)], answers: [1, 2] }])
    const after = views.looked(before, [row(2)], 500)
    assert.deepStrictEqual(views.vanished(before, after), ["10.0.0.1:7400"])
    assert.isFalse(views.isAt(after, "10.0.0.1:7400"))
    const replaced = views.looked(before, [row(2), row(3, { address: "10.0.0.1:7400" })], 500)
    assert.deepStrictEqual(views.vanished(before, replaced), ["10.0.0.1:7400"])
    assert.isTrue(views.isAt(replaced, "10.0.0.1:7400"))
  })
})
