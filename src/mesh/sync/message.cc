#include "mesh/sync/message.h"

#include <memory>
#include <protozero/pbf_writer.hpp>
#include <utility>

#include "mesh/xds/reading.h"

namespace clew::mesh::sync {
namespace {

using protozero::pbf_reader;
using protozero::pbf_writer;
using xds::count_of;
using xds::message_of;
using xds::TooLarge;

uint64_t time_of(pbf_reader& reader) {
  xds::expect(reader, protozero::pbf_wire_type::fixed64);
  return reader.get_fixed64();
}

std::string name_of(pbf_reader& reader) {
  return xds::name_of(reader);
}

void write_seen(pbf_writer& to, uint32_t field, const Seen& seen) {
  for (const auto& [replica, time] : seen) {
    pbf_writer entry(to, field);
    entry.add_string(1, replica);
    entry.add_fixed64(2, time);
  }
}

void read_seen(pbf_reader message, Seen& seen) {
  std::string replica;
  uint64_t time = 0;
  while (message.next()) switch (message.tag()) {
      case 1:
        replica = name_of(message);
        break;
      case 2:
        time = time_of(message);
        break;
      default:
        message.skip();
    }
  seen[std::move(replica)] = time;
  if (seen.size() > kReplicas) throw TooLarge{"the number of replicas"};
}

void write_hello(pbf_writer& to, const Hello& hello) {
  pbf_writer message(to, 1);
  message.add_string(1, hello.party.id);
  message.add_string(2, hello.party.name);
  message.add_uint32(3, static_cast<uint32_t>(hello.party.mode));
  message.add_string(4, hello.party.zone);
  message.add_fixed64(5, hello.wall);
  for (const auto& [scope, seen] : hello.seen) {
    pbf_writer known(message, 6);
    known.add_string(1, scope);
    write_seen(known, 2, seen);
  }
}

void read_known(pbf_reader message, Hello& hello) {
  std::string scope;
  Seen seen;
  while (message.next()) switch (message.tag()) {
      case 1:
        scope = name_of(message);
        break;
      case 2:
        read_seen(message_of(message), seen);
        break;
      default:
        message.skip();
    }
  hello.seen[std::move(scope)] = std::move(seen);
  if (hello.seen.size() > kScopes) throw TooLarge{"the number of scopes"};
}

Hello read_hello(pbf_reader message) {
  Hello hello;
  while (message.next()) switch (message.tag()) {
      case 1:
        hello.party.id = name_of(message);
        break;
      case 2:
        hello.party.name = name_of(message);
        break;
      case 3:
        hello.party.mode = count_of(message) == 0 ? Mode::kGlobal : Mode::kZone;
        break;
      case 4:
        hello.party.zone = name_of(message);
        break;
      case 5:
        hello.wall = time_of(message);
        break;
      case 6:
        read_known(message_of(message), hello);
        break;
      default:
        message.skip();
    }
  return hello;
}

void write_item(pbf_writer& to, const Item& item) {
  pbf_writer message(to, 5);
  message.add_string(1, item.key.kind);
  if (!item.key.mesh.empty()) message.add_string(2, item.key.mesh);
  message.add_string(3, item.key.name);
  message.add_fixed64(4, item.stamp.time);
  message.add_string(5, item.stamp.origin);
  if (!item.deleted()) message.add_bytes(6, item.content);
}

ItemPtr read_item(pbf_reader message) {
  auto item = std::make_shared<Item>();
  while (message.next()) switch (message.tag()) {
      case 1:
        item->key.kind = name_of(message);
        break;
      case 2:
        item->key.mesh = name_of(message);
        break;
      case 3:
        item->key.name = name_of(message);
        break;
      case 4:
        item->stamp.time = time_of(message);
        break;
      case 5:
        item->stamp.origin = name_of(message);
        break;
      case 6:
        item->content = xds::text_of(message);
        if (item->content.size() > kItemBytes) throw TooLarge{"an item"};
        break;
      default:
        message.skip();
    }
  return item;
}

void write_part(pbf_writer& to, const Part& part) {
  pbf_writer message(to, 2);
  message.add_string(1, part.scope);
  message.add_uint64(2, part.round);
  if (part.delta.full) message.add_bool(3, true);
  if (part.delta.more) message.add_bool(4, true);
  for (const ItemPtr& item : part.delta.items) write_item(message, *item);
  write_seen(message, 6, part.delta.seen);
}

Part read_part(pbf_reader message) {
  Part part;
  while (message.next()) switch (message.tag()) {
      case 1:
        part.scope = name_of(message);
        break;
      case 2:
        part.round = count_of(message);
        break;
      case 3:
        part.delta.full = count_of(message) != 0;
        break;
      case 4:
        part.delta.more = count_of(message) != 0;
        break;
      case 5:
        if (part.delta.items.size() == kItems) throw TooLarge{"the number of items"};
        part.delta.items.push_back(read_item(message_of(message)));
        break;
      case 6:
        read_seen(message_of(message), part.delta.seen);
        break;
      default:
        message.skip();
    }
  return part;
}

Ack read_ack(pbf_reader message) {
  Ack ack;
  while (message.next()) switch (message.tag()) {
      case 1:
        ack.scope = name_of(message);
        break;
      case 2:
        ack.round = count_of(message);
        break;
      default:
        message.skip();
    }
  return ack;
}

}  // namespace

std::string write_message(const Message& message) {
  std::string bytes;
  pbf_writer to(bytes);
  if (message.hello) write_hello(to, *message.hello);
  if (message.part) write_part(to, *message.part);
  if (message.ack) {
    pbf_writer ack(to, 3);
    ack.add_string(1, message.ack->scope);
    ack.add_uint64(2, message.ack->round);
  }
  return bytes;
}

Result<Message> read_message(std::string_view bytes) {
  if (bytes.size() > kMessageBytes)
    return fail(Code::kTooLarge, "a message of another control plane is of {} bytes", bytes.size());
  return xds::guarded("message of a control plane", [&] {
    Message message;
    pbf_reader reader(bytes.data(), bytes.size());
    while (reader.next()) switch (reader.tag()) {
        case 1:
          message.hello = read_hello(message_of(reader));
          break;
        case 2:
          message.part = read_part(message_of(reader));
          break;
        case 3:
          message.ack = read_ack(message_of(reader));
          break;
        default:
          reader.skip();
      }
    return message;
  });
}

}  // namespace clew::mesh::sync
