import { isEmail } from 'class-validator';
import { AccountDisabled, AdministratorsService } from '../features/auth/login/administrators.service.ts';
import { developmentAdminEmail } from '../features/auth/login/development-admin-seeder.ts';
import { parseConfig } from '../platform/config/config.ts';
import { readEnvironment } from '../platform/config/environment.ts';
import { applicationCommand } from './application-command.ts';
import { UsageError } from './database-command.ts';

/** `development`: creates the default administrator of the embedded database, or prints a new link for it. */
interface CreateAdminArguments {
  readonly verb: 'create' | 'link' | 'development';
  readonly email: string;
}

await applicationCommand({
  readArguments,
  work: async (app, { verb, email }) => {
    const administrators = app.get(AdministratorsService);
    if (verb === 'link') console.log(await printLink(administrators, email));
    else console.log(await createAdministrator(administrators, { verb, email }));
    return 0;
  },
});

async function createAdministrator(
  administrators: AdministratorsService,
  { verb, email }: CreateAdminArguments,
): Promise<string> {
  const link = await create(administrators, email);
  if (link !== undefined) return `${email} is an administrator. This link sets the password; it works once:\n${link}`;
  if (verb === 'development') return await printLink(administrators, email);
  return `${email} has an account and is an administrator now. The password is unchanged.`;
}

async function create(administrators: AdministratorsService, email: string): Promise<string | undefined> {
  try {
    return await administrators.create(email);
  } catch (error) {
    throw error instanceof AccountDisabled ? new UsageError(error.message) : error;
  }
}

async function printLink(administrators: AdministratorsService, email: string): Promise<string> {
  const link = await administrators.passwordLink(email);
  if (link === undefined) throw new UsageError(`There is no enabled account with the email address ${email}.`);
  return `This link sets a new password for ${email}; it works once:\n${link}`;
}

function readArguments(): CreateAdminArguments {
  const [verb, email, ...others] = process.argv.slice(2);
  if (verb === undefined && usesEmbeddedDatabase()) return { verb: 'development', email: developmentAdminEmail };
  const isKnown = verb === 'create' || verb === 'link';
  if (isKnown && email !== undefined && others.length === 0 && isEmail(email)) return { verb, email };
  throw new UsageError('Usage: npm run create-admin -- create <email address> | link <email address>');
}

function usesEmbeddedDatabase(): boolean {
  return parseConfig(readEnvironment()).database.url === undefined;
}
