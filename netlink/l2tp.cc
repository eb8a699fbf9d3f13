// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/l2tp.h"

#include <cerrno>
#include <linux/genetlink.h>
#include <linux/l2tp.h>
#include <linux/netlink.h>
#include <string>

#include "netlink/kernel_modules.h"

namespace sallyport::netlink {
namespace {

constexpr uint8_t kL2tpV2 = 2;  // L2TP_ATTR_PROTO_VERSION; RFC 2661 is version 2

std::string TunnelText(uint16_t id) { return "L2TP tunnel " + std::to_string(id); }
std::string SessionText(uint16_t tunnel, uint16_t session) {
  return "session " + std::to_string(session) + " of " + TunnelText(tunnel);
}

}  // namespace

Expected<L2tp, KernelError> L2tp::Open() {
  auto socket = Socket::Open(NETLINK_GENERIC);
  if (!socket) return Unexpected{socket.error()};
  return Open(*std::move(socket));
}

Expected<L2tp, KernelError> L2tp::Open(Socket socket) {
  Message request(GENL_ID_CTRL, 0,
                  genlmsghdr{.cmd = CTRL_CMD_GETFAMILY, .version = 1, .reserved = 0});
  request.Text(CTRL_ATTR_FAMILY_NAME, L2TP_GENL_NAME);
  constexpr std::string_view kOperation = "find the kernel's L2TP control interface";
  const auto answer = socket.Query(request, kOperation);
  if (!answer && answer.error().code == ENOENT) {
    return Failure(ENOENT, kOperation, kL2tpModulesHint);
  }
  if (!answer) return Unexpected{answer.error()};
  const auto family = Attributes::Behind<genlmsghdr>(*answer).U16(CTRL_ATTR_FAMILY_ID);
  if (!family) return Failure(EBADMSG, kOperation, "answer without a family id");
  return L2tp(std::move(socket), *family);
}

Message L2tp::Command(uint8_t command) const {
  return {family_, 0, genlmsghdr{.cmd = command, .version = L2TP_GENL_VERSION, .reserved = 0}};
}

Expected<void, KernelError> L2tp::CreateTunnel(L2tpIds tunnel, int udp_fd) {
  Message request = Command(L2TP_CMD_TUNNEL_CREATE);
  request.U32(L2TP_ATTR_CONN_ID, tunnel.local);
  request.U32(L2TP_ATTR_PEER_CONN_ID, tunnel.peer);
  request.U8(L2TP_ATTR_PROTO_VERSION, kL2tpV2);
  request.U16(L2TP_ATTR_ENCAP_TYPE, L2TP_ENCAPTYPE_UDP);
  request.U32(L2TP_ATTR_FD, static_cast<uint32_t>(udp_fd));
  return socket_.Request(request, "create " + TunnelText(tunnel.local));
}

Expected<void, KernelError> L2tp::CreateSession(const L2tpSessionParameters& parameters) {
  Message request = Command(L2TP_CMD_SESSION_CREATE);
  request.U32(L2TP_ATTR_CONN_ID, parameters.local_tunnel_id);
  request.U32(L2TP_ATTR_SESSION_ID, parameters.session.local);
  request.U32(L2TP_ATTR_PEER_SESSION_ID, parameters.session.peer);
  request.U16(L2TP_ATTR_PW_TYPE, L2TP_PWTYPE_PPP);
  request.U8(L2TP_ATTR_SEND_SEQ, parameters.send_sequence ? 1 : 0);
  request.U8(L2TP_ATTR_RECV_SEQ, parameters.receive_sequence ? 1 : 0);
  request.U8(L2TP_ATTR_LNS_MODE, parameters.lns_mode ? 1 : 0);
  if (parameters.reorder_timeout.count() > 0) {
    request.U64(L2TP_ATTR_RECV_TIMEOUT,
                static_cast<uint64_t>(parameters.reorder_timeout.count()));  // milliseconds
  }
  return socket_.Request(
      request, "create " + SessionText(parameters.local_tunnel_id, parameters.session.local));
}

Expected<void, KernelError> L2tp::SetSendSequence(uint16_t local_tunnel_id,
                                                  uint16_t local_session_id, bool send_sequence) {
  Message request = Command(L2TP_CMD_SESSION_MODIFY);
  request.U32(L2TP_ATTR_CONN_ID, local_tunnel_id);
  request.U32(L2TP_ATTR_SESSION_ID, local_session_id);
  request.U8(L2TP_ATTR_SEND_SEQ, send_sequence ? 1 : 0);
  return socket_.Request(request, "modify " + SessionText(local_tunnel_id, local_session_id));
}

Expected<void, KernelError> L2tp::DeleteTunnel(uint16_t local_tunnel_id) {
  Message request = Command(L2TP_CMD_TUNNEL_DELETE);
  request.U32(L2TP_ATTR_CONN_ID, local_tunnel_id);
  return socket_.Request(request, "delete " + TunnelText(local_tunnel_id));
}

Expected<void, KernelError> L2tp::DeleteSession(uint16_t local_tunnel_id,
                                                uint16_t local_session_id) {
  Message request = Command(L2TP_CMD_SESSION_DELETE);
  request.U32(L2TP_ATTR_CONN_ID, local_tunnel_id);
  request.U32(L2TP_ATTR_SESSION_ID, local_session_id);
  return socket_.Request(request, "delete " + SessionText(local_tunnel_id, local_session_id));
}

Expected<L2tpSessionStatistics, KernelError> L2tp::SessionStatistics(uint16_t local_tunnel_id,
                                                                     uint16_t local_session_id) {
  Message request = Command(L2TP_CMD_SESSION_GET);
  request.U32(L2TP_ATTR_CONN_ID, local_tunnel_id);
  request.U32(L2TP_ATTR_SESSION_ID, local_session_id);
  const auto answer =
      socket_.Query(request, "read " + SessionText(local_tunnel_id, local_session_id));
  if (!answer) return Unexpected{answer.error()};
  const auto counters = Attributes::Behind<genlmsghdr>(*answer).Nested(L2TP_ATTR_STATS);
  // A counter that this kernel does not have is zero.
  const auto read = [&](uint16_t type) { return counters.U64(type).value_or(0); };
  return L2tpSessionStatistics{.received_packets = read(L2TP_ATTR_RX_PACKETS),
                               .received_bytes = read(L2TP_ATTR_RX_BYTES),
                               .received_errors = read(L2TP_ATTR_RX_ERRORS),
                               .received_out_of_sequence = read(L2TP_ATTR_RX_OOS_PACKETS),
                               .received_sequence_discards = read(L2TP_ATTR_RX_SEQ_DISCARDS),
                               .received_invalid = read(L2TP_ATTR_RX_INVALID),
                               .sent_packets = read(L2TP_ATTR_TX_PACKETS),
                               .sent_bytes = read(L2TP_ATTR_TX_BYTES),
                               .sent_errors = read(L2TP_ATTR_TX_ERRORS)};
}

}  // namespace sallyport::netlink
