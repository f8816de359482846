/**
 * The part of Bolt that the bot uses in a Worker. Bolt's own entry also loads the receivers for
 * Express and AWS Lambda. The paths are relative because the alias of `@slack/bolt` in
 * wrangler.toml would apply to a package path too. Socket Mode is for Node only.
 */
module.exports = {
  App: require('../../../node_modules/@slack/bolt/dist/App.js').default,
  LogLevel: require('@slack/logger').LogLevel,
}
