import { isEmail } from 'class-validator';
import type { AdministratorsService } from '../features/auth/login/administrators.service.ts';
import { parseConfig } from '../platform/config/config.ts';
import { loadEnvironment } from '../platform/config/load-environment.ts';
import { applicationCommand } from './application-command.ts';
import { UsageError } from './database-command.ts';

/** Without `email`: creates the default administrator of the embedded database, or prints a new link for it. */
type CreateAdminArguments =
  | { readonly verb: 'create' | 'link'; readonly email: string }
  | { readonly verb: 'development'; readonly email?: undefined };

await applicationCommand({
  readArguments,
  work: async (app, args) => {
    const { AdministratorsService } = await import('../features/auth/login/administrators.service.ts');
    const { developmentAdminEmail } = await import('../features/auth/login/development-admin-seeder.ts');
    const administrators = app.get(AdministratorsService);
    const { verb, email = developmentAdminEmail } = args;
    if (verb === 'link') console.log(await printLink(administrators, email));
    else console.log(await createAdministrator(administrators, verb, email));
    return 0;
  },
});

async function createAdministrator(
  administrators: AdministratorsService,
  verb: 'create' | 'development',
  email: string,
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
    const { AccountDisabled } = await import('../features/auth/login/administrators.service.ts');
    throw error instanceof AccountDisabled ? new UsageError(error.message) : error;
  }
}

async function printLink(administrators: AdministratorsService, email: string): Promise<string> {
  const link = await administrators.passwordLink(email);
  if (link === undefined) throw new UsageError(`There is no enabled account with the email address ${email}.`);
  return `This link sets a new password for ${email}; it works once:\n${link}`;
}

async function readArguments(): Promise<CreateAdminArguments> {
  const [verb, email, ...others] = process.argv.slice(2);
  if (verb === undefined && (await usesEmbeddedDatabase())) return { verb: 'development' };
  const isKnown = verb === 'create' || verb === 'link';
  if (isKnown && email !== undefined && others.length === 0 && isEmail(email)) return { verb, email };
  throw new UsageError('Usage: npm run create-admin -- create <email address> | link <email address>');
}

async function usesEmbeddedDatabase(): Promise<boolean> {
  return parseConfig(await loadEnvironment()).database.url === undefined;
}
