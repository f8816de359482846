/** What the commands that read a cluster or a snapshot file need; loaded when one of them runs. */
export { ABOUT_ALL, questionAbout, withoutReasons } from '../triage/question.ts'
export { explainDaemonSet } from './explain.ts'
export { scan } from './scan.ts'
export { readSource, saveSnapshot } from './snapshot.ts'
export { whatIfTaint, whatIfTolerate } from './what-if.ts'
