// Evaluates IAM policies, one JSON line in, one JSON line out. Development only: iam-simulate is licensed under the
// AGPL, so it runs in a separate process and is never shipped.
import { createInterface } from 'node:readline'
import { anonymousPrincipal, runSimulation } from '@cloud-copilot/iam-simulate'

for await (const line of createInterface({ input: process.stdin })) {
  const simulation = JSON.parse(line)
  if (simulation.request.principal === null) simulation.request.principal = anonymousPrincipal
  let answer
  try {
    const outcome = await runSimulation(simulation, {})
    answer =
      outcome.resultType === 'error'
        ? { error: JSON.stringify(outcome.errors) }
        : { result: outcome.overallResult, ignored: outcome.result?.ignoredContextKeys ?? [] }
  } catch (error) {
    answer = { error: String(error) }
  }
  process.stdout.write(JSON.stringify(answer) + '\n')
}
