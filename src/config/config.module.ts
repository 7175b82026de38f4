import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { ConfigModule as NestConfigModule, registerAs } from '@nestjs/config';
import type { Config } from './config.ts';

/** The injection token of one section, for factories. */
export const configToken = (section: keyof Config): string | symbol => registerAs(section, () => ({})).KEY;

/** Hands the configuration that was read at the door to everyone who asks for a section of it. */
@Module({})
export class ConfigModule {
  static forRoot(config: Config): DynamicModule {
    const sections = Object.keys(config) as (keyof Config)[];
    return {
      module: ConfigModule,
      imports: [
        NestConfigModule.forRoot({
          isGlobal: true,
          ignoreEnvFile: true,
          ignoreEnvVars: true,
          skipProcessEnv: true,
          load: sections.map((section) => registerAs(section, () => config[section])),
        }),
      ],
    };
  }
}
