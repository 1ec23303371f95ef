-- Orders over HTTP: a script of wrk. Household after household in a scattered order, each with its own token; one that
-- comes again changes its order. Arguments: file of tokens, menu, first item, items, lines an order, price in fen.

local tokens, path, first, items, lines, step, price
local sent = 0

function init(args)
  tokens = {}
  for token in io.lines(args[1]) do tokens[#tokens + 1] = token end
  path = "/api/v1/menus/" .. args[2] .. "/order"
  first, items, lines, price = tonumber(args[3]), tonumber(args[4]), tonumber(args[5]), tonumber(args[6])
  step = math.max(1, math.floor((items - 1) / 2))
  math.randomseed(os.time())
  for place = #tokens, 2, -1 do
    local other = math.random(place)
    tokens[place], tokens[other] = tokens[other], tokens[place]
  end
end

function request()
  local turn = math.floor(sent / #tokens)
  local token = tokens[sent % #tokens + 1]
  sent = sent + 1
  local item, wanted = math.random(items) - 1, {}
  for line = 1, lines do
    wanted[line] = string.format('{"item":%d,"quantity":%d}', first + item, turn + 1)
    item = (item + math.random(step)) % items
  end
  local body = string.format('{"lines":[%s],"total_fen":%d}', table.concat(wanted, ","), lines * (turn + 1) * price)
  local made_from = turn == 0 and "If-None-Match: *" or string.format('If-Match: "%d"', turn)
  return string.format(
    "PUT %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n%s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
    path, wrk.host, token, made_from, #body, body)
end

function done(summary, latency)
  local lost = summary.errors
  io.write(string.format(
    '{"requests":%d,"refused":%d,"lost":%d,"microseconds":%d,"p50":%d,"p99":%d}\n', summary.requests, lost.status,
    lost.connect + lost.read + lost.write + lost.timeout, summary.duration, latency:percentile(50), latency:percentile(99)))
end
