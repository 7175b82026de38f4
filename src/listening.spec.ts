import { afterAll, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { parseConfig } from './platform/config/config.ts';
import { listen } from './listening.ts';

@Module({})
class EmptyModule {}

const app = await NestFactory.create<NestFastifyApplication>(EmptyModule, new FastifyAdapter(), { logger: false });
await app.init();
afterAll(async () => {
  await app.close();
});

describe('A service on localhost', () => {
  it('listens with one server, whatever number of IP addresses that name has', async () => {
    const url = await listen(app, parseConfig({ HOST: 'localhost', PORT: '0' }).http);

    const addresses = app.getHttpAdapter().getInstance().addresses();
    expect(addresses).toMatchObject([{ address: '127.0.0.1', port: Number(new URL(url).port) }]);
  });
});
