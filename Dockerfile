# One image for every process of the graph; docker-compose.yml says which one a container runs.
FROM node:24-slim
WORKDIR /app
COPY . .
# Optional packages are the local PostgreSQL, NATS and Node of `npm start`: containers bring their own.
RUN npm ci --omit=dev --omit=optional && npm run generate && npm cache clean --force
USER node
ENV NODE_ENV=production HOST=0.0.0.0
CMD ["node", "gateway/src/main.ts"]
