/**
 * Replaces a package that only Bolt's receivers for Node use. Every export throws when it is
 * called.
 */
const absent = () => {
  throw new Error('this package is not part of the Worker')
}
module.exports = new Proxy(absent, {
  get: (target, name) =>
    name === '__esModule' ? undefined : name in target ? target[name] : absent,
})
