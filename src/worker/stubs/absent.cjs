/** Stands for a package that only Node's receivers use: whatever is taken from it throws once it is called. */
const absent = () => {
  throw new Error('this package is left out on Workers')
}
module.exports = new Proxy(absent, {
  get: (target, name) =>
    name === '__esModule' ? undefined : name in target ? target[name] : absent,
})
