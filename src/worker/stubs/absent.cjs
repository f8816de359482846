/**
 * Replaces a package that Bolt has for receivers that are not used. Every export throws when it is
 * called.
 */
const absent = () => {
  throw new Error('this package is not part of the bundle')
}
module.exports = new Proxy(absent, {
  get: (target, name) =>
    name === '__esModule' ? undefined : name in target ? target[name] : absent,
})
