import type { TestApp } from '../harness/app/app.ts';
import type { FactoryUser } from '../harness/database/factory.ts';
import { createJob } from '../harness/http/job-calls.ts';
import type { OperationsData } from './operations-data.ts';
import { createOperationsData } from './operations-data.ts';

/** The users that look at the console, and what they see there. */
export interface DemoData {
  readonly admin: FactoryUser;
  /** Without permissions. */
  readonly member: FactoryUser;
  /** Whose page is shown. */
  readonly shown: FactoryUser;
  /** Whose texts are as long and unusual as the API accepts. */
  readonly unusual: FactoryUser;
  readonly operations: OperationsData;
}

const names = [
  ['Grace Hopper', 'grace.hopper'],
  ['Alan Turing', 'alan.turing'],
  ['Katherine Johnson', 'katherine.johnson'],
  ['Edsger W. Dijkstra', 'edsger.dijkstra'],
  ['Barbara Liskov', 'barbara.liskov'],
  ['Donald Knuth', 'donald.knuth'],
  ['Margaret Hamilton', 'margaret.hamilton'],
  ['Leslie Lamport', 'leslie.lamport'],
  ['Radia Perlman', 'radia.perlman'],
  ['Ken Thompson', 'ken.thompson'],
  ['Frances Allen', 'frances.allen'],
  ['Tony Hoare', 'tony.hoare'],
  ['Jean Bartik', 'jean.bartik'],
  ['Dennis Ritchie', 'dennis.ritchie'],
  ['مريم ميرزاخاني', 'maryam.mirzakhani'],
  ['🦊 Fox <script>alert(1)</script>', 'fox'],
] as const;

/** Rows that fill the screens, through the factory and the API. */
export async function createDemoData(running: TestApp): Promise<DemoData> {
  const { api, factory } = running;
  const admin = await factory.admin({ email: 'ada.lovelace@example.com', displayName: 'Ada Lovelace' });
  const member = await factory.user({ email: 'member@example.com', displayName: 'Mary Somerville' });
  const users: FactoryUser[] = [];
  for (const [at, [displayName, name]] of names.entries()) {
    const createdAt = new Date(Date.UTC(2026, 8, 1 + at * 5, 9, at * 7)).toISOString();
    const traits = {
      displayName,
      email: `${name}@example.com`,
      createdAt,
      verified: at % 7 !== 5,
      disabled: at % 6 === 4,
    };
    users.push(await factory.user(traits));
  }
  const [shown = member] = users;
  const unusual = await factory.user({
    displayName: '𝔘nusual 🏳️‍🌈 שלום '.repeat(3).trim(),
    email: `${'long'.repeat(16)}@${'sub.'.repeat(40)}example.com`,
  });
  for (const user of [shown, admin, unusual]) {
    await api.logIn(user);
    await createJob(api.as(user), { type: 'account.export', payload: {} });
  }
  await createJob(api.as(admin), { type: 'users.export', payload: { format: 'csv' } });
  return { admin, member, shown, unusual, operations: await createOperationsData(running, admin) };
}
