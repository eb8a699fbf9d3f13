// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <netinet/in.h>

// After netinet/in.h, whose types linux/in6.h would otherwise define a second time.
#include <linux/udp.h>
#include <linux/xfrm.h>

#include "netlink/xfrm.h"

#include "fake_kernel.h"

namespace sallyport::netlink {

/// The kernel's description of kSa (without attributes), and kSa.
inline xfrm_usersa_info SaInfo() {
  xfrm_usersa_info info{};
  info.saddr.a4 = htonl(0xCB007101);     // 203.0.113.1
  info.id.daddr.a4 = htonl(0xCB00710A);  // 203.0.113.10
  info.id.spi = htonl(0xC0FFEE01);
  info.id.proto = IPPROTO_ESP;
  info.curlft.bytes = 1000;
  info.curlft.packets = 10;
  info.reqid = 7;
  info.family = AF_INET;
  info.mode = XFRM_MODE_TRANSPORT;
  return info;
}

inline Sa PlainSa() {
  return {.source = *IpAddress::Parse("203.0.113.1"),
          .destination = *IpAddress::Parse("203.0.113.10"),
          .spi = 0xC0FFEE01,
          .protocol = IPPROTO_ESP,
          .reqid = 7,
          .transport_mode = true,
          .encapsulation = {},
          .bytes = 1000,
          .packets = 10};
}

inline Octets EncapsulationAttribute() {
  xfrm_encap_tmpl value{};
  value.encap_type = UDP_ENCAP_ESPINUDP;
  value.encap_sport = htons(10001);
  value.encap_dport = htons(4500);
  return RawAttribute(XFRMA_ENCAP, OctetsOf(value));
}

inline Sa EncapsulatedSa() {
  Sa sa = PlainSa();
  sa.encapsulation = SaEncapsulation{.source_port = 10001, .destination_port = 4500};
  return sa;
}

}  // namespace sallyport::netlink
